use super::*;

fn read(name: &str, text: &str, key: &[&str]) -> Result<LookupTable, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let key: Vec<String> = key.iter().map(|name| (*name).to_owned()).collect();
    LookupTable::read(&path, &key).map_err(|error| {
        let folder = format!("{}/", folder.path().display());
        error.to_string().replace(&folder, "")
    })
}

/// The value of `column` in the row with this key.
fn value(table: &LookupTable, key: &str, column: &str) -> Option<String> {
    let row = table.get(key.as_bytes()).expect("the key is there");
    let cell = row.get(table.column(column).expect("the column is there"))?;
    cell.as_deref()
        .map(|cell| String::from_utf8(cell.to_vec()).unwrap())
}

#[test]
fn rows_are_found_by_one_or_several_columns() {
    let csv = "\u{feff}id,symbol,name\r\n7078,BHP,\"BHP, Ltd\"\r\n7019,CBA,\r\n";
    let table = read("c.csv", csv, &["id"]).unwrap();
    assert_eq!(value(&table, "7078", "name").as_deref(), Some("BHP, Ltd"));
    assert_eq!(value(&table, "7019", "name"), None);
    assert!(table.get(b"7").is_none());
    let table = read("c.csv", csv, &["symbol", "id"]).unwrap();
    assert_eq!(value(&table, "BHP\u{1f}7078", "symbol").as_deref(), Some("BHP"));
    let jsonl = "{\"id\": 7078, \"symbol\": \"BHP\"}\n\n{\"id\": 1.50, \"live\": true, \"symbol\": null}\n";
    let table = read("c.jsonl", jsonl, &["id"]).unwrap();
    assert_eq!(value(&table, "7078", "symbol").as_deref(), Some("BHP"));
    assert_eq!(value(&table, "7078", "live"), None);
    assert_eq!(value(&table, "1.50", "live").as_deref(), Some("true"));
}

#[test]
fn a_json_value_of_the_other_file_is_its_text() {
    let table = read("c.jsonl", "{\"id\": 1, \"tags\": [1, \"a\"]}\n", &["id"]).unwrap();
    assert_eq!(value(&table, "1", "tags").as_deref(), Some("[1,\"a\"]"));
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_its_line() {
    for (name, text, message) in [
        (
            "c.jsonl",
            "{\"id\": 1}\n{\"id\": 2, \"s\": 1, \"s\": 2}\n",
            "c.jsonl:2: the key `s` occurs twice in its object",
        ),
        (
            "c.csv",
            "id,symbol\n1,A\n1,B\n",
            "c.csv:3: the key `1` occurs twice, first on line 2",
        ),
        ("c.csv", "id,symbol\n,A\n", "c.csv:2: the key `id` is empty"),
        (
            "c.csv",
            "id,symbol\n1,A,x\n",
            "c.csv:2: expected 2 cells, found 3",
        ),
        (
            "c.csv",
            "ID,symbol\n",
            "c.csv: there is no column `id` for the key; the columns are ID, symbol",
        ),
        (
            "c.jsonl",
            "{\"id\": 1}\n[]\n",
            "c.jsonl:2: expected one JSON object per line",
        ),
        ("c.jsonl", "{\"id\": null}\n", "c.jsonl:1: the key `id` is empty"),
        (
            "c.txt",
            "id\n",
            "c.txt: expected a file whose name ends with .csv, .jsonl or .ndjson",
        ),
    ] {
        assert_eq!(read(name, text, &["id"]), Err(message.to_owned()), "{text}");
    }
    let error = LookupTable::read(Path::new("/nowhere/c.csv"), &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/nowhere/c.csv: cannot be read: No such file or directory (os error 2)"
    );
}
