use crate::precision::float32;
use crate::{ImportWarning, ImportWarningKind, MorphologyError};

/// One line of an SWC file, numbers rounded to float32.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) line: usize,
    pub(crate) id: i64,
    pub(crate) code: i32,
    pub(crate) position_um: [f64; 3],
    /// Not negative; zero only until the tree is known.
    pub(crate) diameter_um: f64,
    pub(crate) parent: i64,
}

const COLUMNS: [&str; 7] = ["id", "type", "x", "y", "z", "radius", "parent"];

/// The points of a file in order of lines.
pub(super) fn records(
    bytes: &[u8],
    warnings: &mut Vec<ImportWarning>,
) -> Result<Vec<Record>, MorphologyError> {
    let mut warn = |line, kind| warnings.push(ImportWarning { line: Some(line), kind });
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => {
            warn(1, ImportWarningKind::ByteOrderMark);
            rest
        }
        None => bytes,
    };
    let mut records = Vec::new();
    let mut longer: Option<(usize, usize)> = None;
    for (index, text) in Lines(bytes).enumerate() {
        let line = index + 1;
        let data = text.split(|&byte| byte == b'#').next().unwrap_or_default();
        let mut fields: [&[u8]; 7] = [&[]; 7];
        let mut found = 0;
        for field in data.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()) {
            if let Some(slot) = fields.get_mut(found) {
                *slot = field;
            }
            found += 1;
        }
        match found {
            0 => continue,
            1..7 => return Err(MorphologyError::Columns { line, found }),
            7 => {}
            _ => longer = Some(longer.map_or((line, 1), |(first, count)| (first, count + 1))),
        }
        let record = record(line, &fields)?;
        if record.code < 0 {
            let kind = ImportWarningKind::NegativeType { id: record.id, code: record.code };
            warn(line, kind);
        }
        if record.diameter_um < 0.0 {
            let radius_um = record.diameter_um / 2.0;
            warn(line, ImportWarningKind::NegativeRadius { id: record.id, radius_um });
        }
        records.push(Record { diameter_um: record.diameter_um.abs(), ..record });
    }
    if let Some((first, lines)) = longer {
        warn(first, ImportWarningKind::ExtraColumns { lines });
    }
    if records.is_empty() {
        return Err(MorphologyError::NoPoints);
    }
    Ok(records)
}

fn record(line: usize, fields: &[&[u8]; 7]) -> Result<Record, MorphologyError> {
    let bad = |column: usize| MorphologyError::Number {
        line,
        column: COLUMNS[column],
        value: String::from_utf8_lossy(fields[column]).chars().take(40).collect(),
    };
    let integer = |column: usize| integer(fields[column]).ok_or_else(|| bad(column));
    let real = |column: usize| {
        let value = number(fields[column]).map(float32).filter(|value| value.is_finite());
        value.ok_or_else(|| bad(column))
    };
    let id = integer(0)?;
    if id < 0 {
        return Err(MorphologyError::NegativeId { line, id });
    }
    let radius_um = real(5)?;
    let diameter_um = 2.0 * radius_um;
    if !float32(diameter_um).is_finite() {
        return Err(bad(5));
    }
    Ok(Record {
        line,
        id,
        code: i32::try_from(integer(1)?).map_err(|_| bad(1))?,
        position_um: [real(2)?, real(3)?, real(4)?],
        diameter_um,
        parent: integer(6)?,
    })
}

fn number(field: &[u8]) -> Option<f64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// An integer, also where a program wrote it as `3.0`.
fn integer(field: &[u8]) -> Option<i64> {
    // Beyond 2^53 a float no longer tells neighbouring integers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let text = std::str::from_utf8(field).ok()?;
    text.parse().ok().or_else(|| {
        let value = number(field)?;
        (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i64)
    })
}

/// Lines that end with `\n`, `\r\n` or `\r`.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().position(|&b| b == b'\n' || b == b'\r').unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at(end);
        let ending = if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) };
        self.0 = &rest[ending..];
        Some(line)
    }
}
