//! The binary: command line, configuration, topology, wiring. It computes nothing itself.
//!
//! Start reading at `topology.rs` (which role reads and writes what), then `run.rs`.

mod append;
mod check;
mod cli;
mod config;
mod export;
mod model;
mod place;
mod push;
mod recording;
mod rejected;
mod roles;
mod run;
mod search;
mod store;
mod tap;
mod top;
mod topology;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

/// Blocks of records are made and freed by different threads all the time; the system's allocator is slow at that and
/// keeps twice the memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    begin_logging(&cli);
    let result = match cli.command {
        Command::Run(run) => run::run(&run),
        Command::Demo(demo) => run::demo(&demo),
        Command::Check(check) => check::check(&check),
        Command::Tap(tap) => tap::tap(&tap),
        Command::Export(arguments) => export::export(&arguments),
        Command::Top(at) => top::top(&at),
        Command::Rejected(rejected) => rejected::rejected(&rejected),
        Command::Model(model) => model::model(&model),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("goshawk: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Writes to standard output. Unlike `print!`, it does not panic when nobody reads.
fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::Write::write_all(&mut std::io::stdout().lock(), text.as_bytes())?)
}

/// Whoever read our output has had enough, as `head` has: that is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    };
    error.chain().any(closed)
}

fn begin_logging(cli: &Cli) {
    let filter = tracing_subscriber::EnvFilter::try_new(&cli.verbosity).unwrap_or_else(|_| "warn".into());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if cli.json_logs { builder.json().init() } else { builder.init() }
}
