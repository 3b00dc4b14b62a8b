//! The whole of Goshawk, tested from outside: one binary, so that it links once.

mod simulation;
