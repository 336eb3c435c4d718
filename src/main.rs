//! The door.

use std::process::ExitCode;

fn main() -> ExitCode {
    k2_produce::cli::main()
}
