//! Gives the shared library its name: programs that were linked with one of another number do not start with it.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods)] // cargo talks with it in no other way

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libgoshawk_collector.so.1");
    }
}
