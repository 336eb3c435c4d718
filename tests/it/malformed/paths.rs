//! Names and kinds of files.

use std::process::Command;

use super::{HEADER, ROW, SCHEMA, case, expect_outcomes, limited};
use crate::support::TestEnv;

#[test]
fn paths_that_cannot_be_read_are_one_error() {
    use std::os::unix::fs::PermissionsExt;
    const NAME: &str = "a\nb\u{1b}[2J.csv";
    let env = TestEnv::new();
    std::fs::create_dir(env.path("folder")).unwrap();
    env.write("locked.csv", format!("{HEADER}{ROW}"));
    std::fs::set_permissions(env.path("locked.csv"), std::fs::Permissions::from_mode(0o000)).unwrap();
    env.write(NAME, format!("{HEADER}BHP,a,x\n"));
    std::os::unix::fs::symlink("loop.csv", env.path("loop.csv")).unwrap();
    expect_outcomes(
        &env,
        &[
            case(
                "a directory without data files",
                "folder",
                3,
                "folder: is a directory without a .csv",
            ),
            case(
                "no permission",
                "locked.csv",
                3,
                "locked.csv: cannot be opened: permission denied",
            ),
            case(
                "a name with a line break and terminal escapes",
                NAME,
                3,
                r"error: a\nb\x1b[2J.csv:2: `x` does not fit",
            ),
            case(
                "a symbolic link to itself",
                "loop.csv",
                3,
                "loop.csv: cannot be opened: too many levels of symbolic links",
            ),
            case(
                "no such file",
                "missing.csv",
                3,
                "missing.csv: cannot be opened: no such file or directory",
            ),
        ],
    );
    // A FIFO has its rows only once.
    let made = Command::new("mkfifo").arg(env.path("fifo.csv")).status().unwrap();
    assert!(made.success());
    let path = env.path("fifo.csv");
    let writer = std::thread::spawn(move || std::fs::write(path, format!("{HEADER}{ROW}")).unwrap());
    env.write("schema.avsc", SCHEMA);
    limited(
        &env,
        &[
            "--topic",
            "t",
            "--dry-run",
            "--schema-file",
            "schema.avsc",
            "fifo.csv",
        ],
    )
    .expect(0)
    .says("1 row: 1 fit");
    writer.join().unwrap();
}
