//! Stand-ins for the columns of a file that is not there, so that a mapping can be compiled without one.

use super::expression::{Expr, ExprKind};
use super::file::MapFile;

/// Columns with every name that the mapping uses, if it refers to a column by number; rows of JSON do without.
pub(super) fn of(map: &MapFile) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    let mut highest = 0;
    let mut see = |part: &Expr| match &part.value {
        ExprKind::Source(path) => {
            let name = path.to_string();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        ExprKind::Call(call) if call.function.value == "column" => {
            if let [argument] = &call.arguments[..]
                && let ExprKind::Number(digits) = &argument.value
            {
                // A number beyond this is reported as an unknown column.
                highest = highest.max(digits.parse().unwrap_or(1).min(MAX_COLUMNS));
            }
        }
        _ => {}
    };
    for entry in map.entries() {
        entry.value.visit(&mut see);
    }
    for written in map.expressions_elsewhere() {
        written.value.visit(&mut see);
    }
    if highest == 0 {
        return None;
    }
    while names.len() < highest {
        names.push(String::new());
    }
    Some(names)
}

/// More columns than any file has.
const MAX_COLUMNS: usize = 100_000;
