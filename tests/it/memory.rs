//! Memory use: the same for a file five times as long, and for rows that become ten thousand times as long.

use std::process::Command;

use crate::support::{TestEnv, fixture, repository};

/// Peak resident memory of a dry run, in KiB, as the kernel reports it for the child.
fn peak_kib(env: &TestEnv, file: &str) -> u64 {
    peak_kib_with(env, &fixture("schemas/trade.avsc"), file, 0)
}

/// The same with another schema, and with the status that the run must end with.
fn peak_kib_with(env: &TestEnv, schema: &str, file: &str, status: i32) -> u64 {
    let arguments = ["--topic", "t", "--dry-run", "--schema-file", schema, file];
    peak_kib_of(env, &arguments, status)
}

/// Peak resident memory of a command, in KiB.
fn peak_kib_of(env: &TestEnv, arguments: &[&str], status: i32) -> u64 {
    let script = "status=$1; shift; \"$0\" \"$@\" 2>/dev/null & pid=$!; peak=0; \
        while kill -0 $pid 2>/dev/null; do \
            now=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status 2>/dev/null); \
            [ -n \"$now\" ] && peak=$now; sleep 0.02; done; wait $pid; [ $? = $status ] && echo $peak";
    let output = Command::new("sh")
        .args([
            "-c",
            script,
            env!("CARGO_BIN_EXE_k2-produce"),
            &status.to_string(),
        ])
        .args(arguments)
        .current_dir(env.path("."))
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .expect("a number of KiB")
}

#[test]
fn memory_does_not_grow_with_the_file() {
    let env = TestEnv::new();
    env.generate("small.csv", "trade", "csv", 200_000);
    env.generate("large.csv", "trade", "csv", 1_000_000);
    let (small, large) = (peak_kib(&env, "small.csv"), peak_kib(&env, "large.csv"));
    assert!(
        large < small + 10 * 1024,
        "{small} KiB for 200,000 rows, {large} KiB for 1,000,000"
    );
    assert!(large < 150 * 1024, "{large} KiB");
}

#[test]
fn the_memory_of_an_inferred_schema_does_not_grow_with_the_file() {
    let env = TestEnv::new();
    env.generate("small.jsonl", "trade", "jsonl", 20_000);
    env.generate("large.jsonl", "trade", "jsonl", 200_000);
    let peak = |file: &str| {
        let output = format!("{file}.avsc");
        peak_kib_of(&env, &["schema", "infer", "--output", &output, file], 0)
    };
    let (small, large) = (peak("small.jsonl"), peak("large.jsonl"));
    assert!(
        large < small + 10 * 1024,
        "{small} KiB for 20,000 rows, {large} KiB for 200,000"
    );
}

#[test]
fn memory_does_not_grow_with_the_size_of_encoded_rows() {
    let env = TestEnv::new();
    let schema = format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"n","type":"int"}},
        {{"name":"note","type":"string","default":"{}"}}]}}"#,
        "x".repeat(20_000)
    );
    env.write("r.avsc", schema);
    // Together 1.2 GB of Avro.
    env.write("t.csv", format!("n\n{}", "1\n".repeat(60_000)));
    let peak = peak_kib_with(&env, "r.avsc", "t.csv", 0);
    assert!(peak < 150 * 1024, "{peak} KiB");
}

/// 200 MB of text in 200 kB, and a megabyte that is one endless row.
#[test]
fn memory_does_not_grow_with_what_is_decompressed() {
    let env = TestEnv::new();
    let zipped = |name: &str, script: &str| {
        let status = Command::new("sh")
            .args(["-c", &format!("{script} | gzip -9 >{name}")])
            .current_dir(env.path("."))
            .status()
            .unwrap();
        assert!(status.success());
    };
    env.generate("row.csv", "trade", "csv", 1);
    zipped(
        "rows.csv.gz",
        "(head -n 1 row.csv; yes \"$(tail -n 1 row.csv)\" | head -n 1500000)",
    );
    let peak = peak_kib(&env, "rows.csv.gz");
    assert!(peak < 150 * 1024, "{peak} KiB");
    zipped("bomb.csv.gz", "(head -n 1 row.csv; head -c 200000000 /dev/zero)");
    env.dry_run(&["bomb.csv.gz"])
        .expect(3)
        .says("bomb.csv.gz:2: the row is longer than 1 MiB");
    let peak = peak_kib_with(&env, &fixture("schemas/trade.avsc"), "bomb.csv.gz", 3);
    assert!(peak < 150 * 1024, "{peak} KiB");
}

/// A gigabyte of rows in 4 MB, files that share their compressed bytes, and a gigabyte that is one endless row.
#[test]
fn memory_does_not_grow_with_what_is_decompressed_from_an_archive() {
    let env = TestEnv::new();
    env.generate("row.csv", "trade", "csv", 1);
    const SCRIPT: &str = "import zipfile
header, row = open('row.csv', 'rb').read().splitlines(keepends=True)
with zipfile.ZipFile('bomb.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    for name, piece, count in (('rows.csv', row * 10_000, 10**9 // len(row) // 10_000), ('endless.csv', bytes(10**6), 1000)):
        with archive.open(name, 'w', force_zip64=True) as file:
            file.write(header)
            for _ in range(count):
                file.write(piece)
with zipfile.ZipFile('many.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('rows.csv', header + row * 10_000)
    first = archive.getinfo('rows.csv')
    for number in range(1_000):
        # Another name in the directory for the same bytes.
        same = zipfile.ZipInfo('rows.csv')
        for attribute in zipfile.ZipInfo.__slots__:
            if hasattr(first, attribute):
                setattr(same, attribute, getattr(first, attribute))
        same.filename = f'rows_{number}.csv'
        archive.filelist.append(same)
    archive._didModify = True
";
    let zipped = Command::new(repository("tests/stack/python"))
        .args(["-c", SCRIPT])
        .current_dir(env.path("."))
        .status();
    assert!(zipped.unwrap().success());
    let schema = fixture("schemas/trade.avsc");
    for (input, limit, status) in [
        ("bomb.zip:rows.csv", None, 0),
        ("bomb.zip:endless.csv", None, 3),
        ("many.zip:*.csv", Some("200000"), 0),
    ] {
        let mut arguments = vec!["--topic", "t", "--dry-run", "--schema-file", &schema, input];
        arguments.extend(limit.iter().flat_map(|limit| ["--limit", *limit]));
        let peak = peak_kib_of(&env, &arguments, status);
        assert!(peak < 150 * 1024, "{input}: {peak} KiB");
    }
}

#[test]
fn memory_does_not_grow_with_a_json_array() {
    let env = TestEnv::new();
    let arrays = [("small.json", 100_000), ("large.json", 500_000)].map(|(file, rows)| {
        env.generate("rows.jsonl", "trade", "jsonl", rows);
        let lines = env.read("rows.jsonl");
        let lines: Vec<&str> = lines.lines().collect();
        // On one line, and under a path.
        env.write(file, format!("{{\"n\":1,\"data\":[{}]}}", lines.join(",")));
        file
    });
    let peak = |file: &str| {
        let schema = fixture("schemas/trade.avsc");
        let arguments = [
            "--topic",
            "t",
            "--dry-run",
            "--schema-file",
            &schema,
            "--json-root",
            "data",
            file,
        ];
        peak_kib_of(&env, &arguments, 0)
    };
    let [small, large] = arrays.map(peak);
    assert!(
        large < small + 10 * 1024,
        "{small} KiB for 100,000 rows, {large} KiB for 500,000"
    );
}
