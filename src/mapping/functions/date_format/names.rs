//! English names of months and days of the week.

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// From Monday, as ISO 8601 counts.
pub(super) const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// The name at the start of the text, in full or its first three letters, in any letter case: its index, and its length
/// in the text.
#[inline]
pub(super) fn name_at_start(text: &[u8], names: &[&str]) -> Option<(u8, usize)> {
    let three = text.get(..3)?;
    let index = names
        .iter()
        .position(|name| three.eq_ignore_ascii_case(&name.as_bytes()[..3]))?;
    let name = names[index].as_bytes();
    let in_full = text
        .get(..name.len())
        .is_some_and(|text| text.eq_ignore_ascii_case(name));
    Some((index as u8, if in_full { name.len() } else { 3 }))
}
