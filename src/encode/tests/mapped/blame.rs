//! Which cell or JSON value an error of a computed field shows.

use super::*;

#[test]
fn the_cell_that_is_to_blame_is_the_one_that_is_shown() {
    let mut csv = encoder(&mapping(GOOD), Some("Sym,Date,Time,Price,Side,venue"));
    let mut blamed = |row: &str| {
        let error = csv.encode_line(row.as_bytes(), &mut Vec::new()).unwrap_err();
        error.column.unwrap()
    };
    assert_eq!(blamed("BHP,10/13/2014,10:00:05,1,S,A"), 2);
    assert_eq!(blamed("BHP,10/03/2014,10:61:05,1,S,A"), 3);
    assert_eq!(blamed("BHP,10/03/2014,10:00:05x,1,S,A"), 3);
    assert_eq!(blamed("BHP,10/03/2014x,10:00:05,1,S,A"), 2);
    for (expression, row, column) in [
        ("Price * Side", "BHP,10/03/2014,10:00:05,x,1,A", 4),
        ("Price * Side", "BHP,10/03/2014,10:00:05,1,x,A", 5),
        ("2 * Side", "BHP,10/03/2014,10:00:05,1,x,A", 5),
        ("first(Price, Side)", "BHP,10/03/2014,10:00:05,,x,A", 5),
        ("first(Price, Side)", "BHP,10/03/2014,10:00:05,x,,A", 4),
        ("first(Price, Side) + 0", "BHP,10/03/2014,10:00:05,,x,A", 5),
        ("1 + first(Price, Side) + 0", "BHP,10/03/2014,10:00:05,,x,A", 5),
        ("Price + 1 + Side + 1", "BHP,10/03/2014,10:00:05,1,x,A", 5),
        ("number(first(Price, Side))", "BHP,10/03/2014,10:00:05,,x,A", 5),
        ("trim(first(Price, Side))", "BHP,10/03/2014,10:00:05,,x,A", 5),
        ("-first(Price, Side)", "BHP,10/03/2014,10:00:05,,x,A", 5),
        (
            r#"translate(Price, {"": Side})"#,
            "BHP,10/03/2014,10:00:05,,x,A",
            5,
        ),
        (
            r#"translate(Price, {}, default = Side)"#,
            "BHP,10/03/2014,10:00:05,1,x,A",
            5,
        ),
        (
            r#"translate(first(Price, Side), {})"#,
            "BHP,10/03/2014,10:00:05,,x,A",
            5,
        ),
        (
            r#"datetime("%F", first(Price, Side))"#,
            "BHP,10/03/2014,10:00:05,,x,A",
            5,
        ),
    ] {
        let map = GOOD.replace("price = \"Price\"", &format!("price = '{expression}'"));
        let map = map.replace("translate(Side, {\"B\": \"BUY\", \"S\": \"SELL\"})", "\"BUY\"");
        let mut csv = encoder(&mapping(&map), Some("Sym,Date,Time,Price,Side,venue"));
        let error = csv.encode_line(row.as_bytes(), &mut Vec::new()).unwrap_err();
        assert_eq!(error.column, Some(column), "{expression} {row}");
    }
}

#[test]
fn the_column_of_a_condition_that_is_to_blame_is_shown() {
    let row = "BHP,10/03/2014,10:00:05,1,B,A";
    for (condition, column) in [
        ("Price < Sym", 1),
        ("Sym < Price", 1),
        ("Price == 1 and Sym == 1", 1),
        ("Price == 2 or Sym == \"B\" or Side > 1", 5),
        ("not (Price == 1 and Side != 1)", 5),
        ("Price > \"2014-03-10\"", 4),
        ("first(null, Side) > Price", 5),
        ("Price + Side == 1", 5),
        ("Price == 1 and number(Sym) != null", 1),
    ] {
        let map = format!("{GOOD}\n[rows]\nwhere = '{condition}'");
        let mut csv = encoder(&mapping(&map), Some("Sym,Date,Time,Price,Side,venue"));
        let error = csv.admits_line(row.as_bytes()).unwrap_err();
        assert_eq!(error.column, Some(column), "{condition}: {error}");
    }
}
