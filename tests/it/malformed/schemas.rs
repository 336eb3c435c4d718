//! Schemas that are legal or nearly so.

use super::{Case, case, expect_outcomes};
use crate::support::TestEnv;

#[test]
fn unusual_schemas_are_used_or_refused() {
    let env = TestEnv::new();
    let record = |fields: &str| format!(r#"{{"type":"record","name":"Trade","fields":[{fields}]}}"#);
    let numbers: Vec<usize> = (0..10_000).collect();
    let wide = |of: &dyn Fn(&usize) -> String| numbers.iter().map(of).collect::<Vec<_>>().join(",");
    env.write(
        "nested.jsonl",
        format!("{}null{}", r#"{"v":1,"next":"#.repeat(50), "}".repeat(50)),
    );
    env.write("v.csv", "v\n1\n");
    env.write(
        "wide.csv",
        format!("{}\n{}\n", wide(&|n| format!("f{n}")), wide(&|n| n.to_string())),
    );
    env.write("case.csv", "a,A\n1,2\n");
    env.write("a.csv", "a\n1\n");
    env.write("both.csv", "a,b\n1,2\n");
    let with = |schema: String, case: Case| Case { schema, ..case };
    let value = r#"{"name":"v","type":"int"}"#;
    let default = || record(r#"{"name":"a","type":"int"},{"name":"b","type":"int","default":"x"}"#);
    expect_outcomes(
        &env,
        &[
            with(
                record(&format!(
                    r#"{value},{{"name":"next","type":["null","Trade"],"default":null}}"#
                )),
                case(
                    "a record that contains itself in a union",
                    "nested.jsonl",
                    0,
                    "1 row: 1 fit",
                ),
            ),
            with(
                record(&format!(r#"{value},{{"name":"next","type":"Trade"}}"#)),
                case(
                    "a record that must contain itself",
                    "v.csv",
                    2,
                    "record `Trade` has no finite value",
                ),
            ),
            with(
                record(&wide(&|n| format!(r#"{{"name":"f{n}","type":"int"}}"#))),
                case("10,000 fields", "wide.csv", 0, "1 row: 1 fit"),
            ),
            with(
                record(r#"{"name":"a","type":"int"},{"name":"A","type":"int"}"#),
                case("names that differ only in case", "case.csv", 0, "1 row: 1 fit"),
            ),
            with(
                record(r#"{"name":"a","type":"int"},{"name":"A","type":"int"}"#),
                case(
                    "a column for one of two names that differ only in case",
                    "a.csv",
                    3,
                    "a.csv does not fit Trade",
                ),
            ),
            with(
                default(),
                case(
                    "a default that does not fit and is needed",
                    "a.csv",
                    2,
                    "the default of `b`, which has no column, does not fit",
                ),
            ),
            with(
                default(),
                case(
                    "a default that does not fit and is not needed",
                    "both.csv",
                    0,
                    "1 row: 1 fit",
                ),
            ),
            with(
                record(r#"{"name":"v","type":{"type":"int","logicalType":"moon-phase"}}"#),
                case("an unknown logical type", "v.csv", 0, "1 row: 1 fit"),
            ),
            with(
                "[".repeat(100_000),
                case(
                    "a schema nested 100,000 deep",
                    "v.csv",
                    2,
                    "schema.avsc: nested more than 127 levels",
                ),
            ),
        ],
    );
}
