use std::borrow::Cow;

/// Numbers that Python writes and JSON does not have.
const NOT_JSON: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// The same text with such numbers as strings. Annotations may have some, which mean nothing here.
pub(super) fn strict(json: &str) -> Cow<'_, str> {
    if !NOT_JSON.iter().any(|word| json.contains(word)) {
        return Cow::Borrowed(json);
    }
    let mut strict = String::with_capacity(json.len() + 64);
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let word = NOT_JSON.iter().find(|word| rest.starts_with(**word));
        let length = match (first, word) {
            ('"', _) => string_length(rest),
            (_, Some(word)) => word.len(),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        if word.is_some() {
            strict.extend(["\"", token, "\""]);
        } else {
            strict.push_str(token);
        }
        rest = after;
    }
    Cow::Owned(strict)
}

/// Bytes of the string that a text begins with, quotes included; of the whole text where it does not end.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_outside_strings_become_strings() {
        let python = r#"{"NaN \" NaN": [NaN, -Infinity, 1.0], "µ": Infinity, "": "NaN"}"#;
        let json = r#"{"NaN \" NaN": ["NaN", "-Infinity", 1.0], "µ": "Infinity", "": "NaN"}"#;
        assert_eq!(strict(python), json);
        assert_eq!(strict(json), json);
        assert_eq!(strict("[NaN, \"a"), "[\"NaN\", \"a");
    }
}
