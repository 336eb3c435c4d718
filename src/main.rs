//! The binary; all of its code is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    k2_produce::cli::main()
}
