//! Values from another file.

use super::*;

#[test]
fn values_are_looked_up_in_another_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("c.csv"),
        "id,venue,symbol\n7078,A,BHP\n7019,B,CBA\n1,A,\n",
    )
    .unwrap();
    let lookups = |key: &str| format!("\n[lookups.company]\nfile = \"c.csv\"\nkey = {key}\n");
    let encoder_of = |expression: &str, key: &str| {
        let text = GOOD.replace("symbol = \"Sym\"", &format!("symbol = '{expression}'")) + &lookups(key);
        let mut map = MapFile::parse("m.toml", &text).unwrap_or_else(|error| panic!("{error}"));
        map.read_lookups(folder.path()).unwrap();
        let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
        let schema = schema();
        let header = ["Sym", "Date", "Time", "Price", "Side", "venue"].map(str::to_owned);
        let binding = mapping
            .bind_columns(&header, &schema)
            .map_err(|error| error.to_string())?;
        let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
        Ok::<_, String>(Encoder::new(Arc::new(plan)))
    };
    let symbol = |expression: &str, key: &str, id: &str| {
        let mut out = Vec::new();
        let row = format!("{id},10/03/2014,10:00:05,1,B,A");
        encoder_of(expression, key)?
            .encode_line(row.as_bytes(), &mut out)
            .map_err(|error| error.to_string())?;
        Ok::<_, String>(String::from_utf8(out[1..=usize::from(out[0] / 2)].to_vec()).unwrap())
    };
    assert_eq!(
        symbol("lookup(company, symbol, Sym)", "\"id\"", "7078"),
        Ok("BHP".to_owned())
    );
    assert_eq!(
        symbol(
            "lookup(company, symbol, Sym, venue)",
            "[\"id\", \"venue\"]",
            "7078"
        ),
        Ok("BHP".to_owned())
    );
    assert_eq!(
        symbol("lookup(company, symbol, Sym, default = \"?\")", "\"id\"", "7"),
        Ok("?".to_owned())
    );
    let error = symbol("lookup(company, symbol, Sym)", "\"id\"", "7").unwrap_err();
    assert_eq!(
        error,
        "`7` does not fit `symbol` (column 1): `c.csv` has no row with this key"
    );
    // The same for every row.
    assert_eq!(
        symbol("lookup(company, symbol, \"7\")", "\"id\"", "7078")
            .unwrap_err()
            .lines()
            .next(),
        Some("m.toml:3:11: this has no value: `7`: `c.csv` has no row with this key")
    );
    // An empty cell of the other file is like an empty cell of the row.
    assert_eq!(
        symbol("lookup(company, symbol, Sym)", "\"id\"", "1"),
        Ok(String::new())
    );
    for (expression, message) in [
        (
            "lookup(companies, symbol, Sym)",
            "m.toml:3:18: the mapping has no `[lookups.companies]`",
        ),
        (
            "lookup(company, symbl, Sym)",
            "m.toml:3:27: c.csv has no column `symbl`",
        ),
        (
            "lookup(company, symbol)",
            "m.toml:3:11: the key of `company` has 1 values, not 0",
        ),
    ] {
        let error = symbol(expression, "\"id\"", "7").unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }
    let mut gone = MapFile::parse("m.toml", &lookups("\"id\"").replace("c.csv", "gone.csv")).unwrap();
    let error = gone.read_lookups(folder.path()).unwrap_err().to_string();
    assert!(
        error.starts_with("m.toml:3:8: ") && error.contains("gone.csv: cannot be read"),
        "{error}"
    );
}
