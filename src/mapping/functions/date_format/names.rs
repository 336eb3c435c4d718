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
    let three = lower_case(text)?;
    let index = names
        .iter()
        .position(|name| lower_case(name.as_bytes()) == Some(three))?;
    let name = names[index].as_bytes();
    let in_full = text.get(3).is_some_and(u8::is_ascii_alphabetic)
        && text
            .get(..name.len())
            .is_some_and(|text| text.eq_ignore_ascii_case(name));
    Some((index as u8, if in_full { name.len() } else { 3 }))
}

/// The first three letters in lower case, as a number, which is compared faster than text.
#[inline]
fn lower_case(text: &[u8]) -> Option<u32> {
    let [first, second, third] = *text.first_chunk::<3>()?;
    // Setting this bit makes a lower case letter of nothing but a letter.
    Some(u32::from_le_bytes([first, second, third, 0]) | 0x0020_2020)
}
