use apical_core::SectionType;

use super::lexer::{Lexer, Token, shown};
use crate::{ImportWarning, ImportWarningKind, MorphologyError};

/// What a Neurolucida file holds of a neuron.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Outlines of the soma, in order.
    pub(super) outlines: Vec<Outline>,
    /// Trees with at least one point, in order.
    pub(super) trees: Vec<Tree>,
    pub(super) warnings: Vec<ImportWarning>,
}

#[derive(Debug)]
pub(super) struct Outline {
    pub(super) line: usize,
    pub(super) points: Vec<FilePoint>,
}

#[derive(Debug)]
pub(super) struct Tree {
    pub(super) section_type: SectionType,
    /// Parents before children, as in the file.
    pub(super) branches: Vec<Branch>,
}

#[derive(Debug)]
pub(super) struct Branch {
    pub(super) line: usize,
    pub(super) parent: Option<usize>,
    pub(super) points: Vec<FilePoint>,
}

/// A point as the file has it; all values are finite as float32.
#[derive(Clone, Copy, Debug)]
pub(super) struct FilePoint {
    pub(super) line: usize,
    pub(super) position_um: [f64; 3],
    pub(super) diameter_um: Option<f64>,
}

/// Blocks and words without geometry of the neuron: settings, properties, endings, pictures.
const WITHOUT_GEOMETRY: [&str; 30] = [
    "Class",
    "Closed",
    "Color",
    "Description",
    "FillDensity",
    "Font",
    "GUID",
    "Generated",
    "High",
    "ImageCoords",
    "Incomplete",
    "Low",
    "MBFObjectType",
    "Midpoint",
    "Name",
    "Normal",
    "Origin",
    "Properties",
    "Property",
    "Resolution",
    "SSM",
    "SSM2",
    "Section",
    "Sections",
    "Set",
    "Site",
    "Text",
    "Thumbnail",
    "Type",
    "Zoffset",
];

/// Shapes of markers; also any of them with Open, Filled, Shaded or Double in front and a number behind.
const MARKERS: [&str; 22] = [
    "Asterisk",
    "Circle",
    "Cross",
    "Diamond",
    "Dot",
    "Flower",
    "Knot",
    "Maltese",
    "MalteseCross",
    "Marker",
    "NoMarker",
    "Pinwheel",
    "Plus",
    "QuadStar",
    "SnowFlake",
    "Spine",
    "Splat",
    "Square",
    "Star",
    "TexacoStar",
    "Triangle",
    "UpTriangle",
];

/// The numbers of a point.
const COLUMNS: [&str; 4] = ["x", "y", "z", "diameter"];

fn carries_no_geometry(word: &[u8]) -> bool {
    let Ok(word) = std::str::from_utf8(word) else { return false };
    if WITHOUT_GEOMETRY.contains(&word) {
        return true;
    }
    let shape = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let shape = ["Open", "Filled", "Shaded", "Double", "Circle"]
        .iter()
        .find_map(|prefix| shape.strip_prefix(prefix).filter(|rest| !rest.is_empty()))
        .unwrap_or(shape);
    MARKERS.contains(&shape) || shape == "Arrow"
}

fn label(word: &[u8]) -> Option<SectionType> {
    match word {
        b"CellBody" => Some(SectionType::Soma),
        b"Axon" => Some(SectionType::Axon),
        b"Dendrite" => Some(SectionType::Basal),
        b"Apical" => Some(SectionType::Apical),
        _ => None,
    }
}

/// Whether a list that starts with this word is a point.
fn starts_point(word: &[u8]) -> bool {
    word.first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'))
        || number(word).is_some()
}

fn is_section_tag(word: &[u8]) -> bool {
    matches!(word, [b'S', digits @ ..] if digits.iter().all(u8::is_ascii_digit))
}

fn number(word: &[u8]) -> Option<f64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// Reads a whole file.
pub(super) fn parse(bytes: &[u8]) -> Result<Document, MorphologyError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf");
    let lexer = Lexer::new(text.unwrap_or(bytes));
    let mut parser = Parser { lexer, document: Document::default() };
    if text.is_some() {
        parser.warn(1, ImportWarningKind::ByteOrderMark);
    }
    while let Some((line, token)) = parser.lexer.next()? {
        match token {
            Token::Open => parser.top_block(line)?,
            Token::Close => parser.warn(line, ImportWarningKind::StrayParenthesis),
            found => return unexpected(line, &found, "a block in parentheses"),
        }
    }
    Ok(parser.document)
}

fn unexpected<T>(
    line: usize,
    found: &Token<'_>,
    expected: &'static str,
) -> Result<T, MorphologyError> {
    Err(MorphologyError::Unexpected { line, found: found.shown(), expected })
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    document: Document,
}

/// A tree or an outline while it is read.
struct Object<'a> {
    line: usize,
    name: Option<&'a [u8]>,
    label: Option<SectionType>,
    closed: bool,
    branches: Vec<Branch>,
    /// The branches that are still open, and the lines of their parentheses.
    open: Vec<(usize, usize)>,
    /// The first faulty point: no matter if the object turns out not to belong to the neuron.
    fault: Option<MorphologyError>,
}

impl<'a> Parser<'a> {
    fn warn(&mut self, line: usize, kind: ImportWarningKind) {
        self.document.warnings.push(ImportWarning { line: Some(line), kind });
    }

    fn warn_skipped(&mut self, line: usize, name: &[u8]) {
        self.warn(line, ImportWarningKind::SkippedBlock { name: shown(name) });
    }

    /// The token after an opening parenthesis, still to be read.
    fn head(&self, line: usize) -> Result<(usize, Token<'a>), MorphologyError> {
        self.lexer.peek()?.ok_or(MorphologyError::Unclosed { line, opener: '(' })
    }

    fn top_block(&mut self, line: usize) -> Result<(), MorphologyError> {
        match self.head(line)? {
            (_, Token::Text(_) | Token::Open) => self.object(line),
            (_, Token::Word(word)) if !starts_point(word) => self.skip(line, word),
            (_, Token::Close) => self.skip(line, b""),
            (line, found) => unexpected(line, &found, "a tree, an outline or a named block"),
        }
    }

    /// Skips a block that has just been opened.
    fn skip(&mut self, line: usize, name: &[u8]) -> Result<(), MorphologyError> {
        if !carries_no_geometry(name) {
            self.warn_skipped(line, name);
        }
        self.lexer.skip_block(line, '(')
    }

    fn object(&mut self, line: usize) -> Result<(), MorphologyError> {
        let mut object = Object {
            line,
            name: None,
            label: None,
            closed: false,
            branches: vec![Branch { line, parent: None, points: Vec::new() }],
            open: vec![(0, line)],
            fault: None,
        };
        while let Some(&(branch, opened)) = object.open.last() {
            let Some((line, token)) = self.lexer.next()? else {
                return Err(MorphologyError::Unclosed { line: opened, opener: '(' });
            };
            match token {
                Token::Open => self.list(&mut object, branch, line)?,
                Token::Close => {
                    object.open.pop();
                }
                Token::Bar => {
                    let Some(parent) = object.branches[branch].parent else {
                        return unexpected(line, &token, "a point, a split or the end of the tree");
                    };
                    object.open.pop();
                    object.start_branch(parent, line, opened);
                }
                Token::SpineOpen => self.lexer.skip_block(line, '<')?,
                Token::SpineClose => return unexpected(line, &token, "a point, a split or )"),
                Token::Text(text) if branch == 0 && object.name.is_none() => {
                    object.name = Some(text);
                }
                Token::Text(text) => self.warn_skipped(line, text),
                Token::Word(word) if carries_no_geometry(word) => {}
                Token::Word(word) => self.warn_skipped(line, word),
            }
        }
        self.finish(object)
    }

    /// What an opening parenthesis within a tree or outline starts.
    fn list(
        &mut self,
        object: &mut Object<'a>,
        branch: usize,
        line: usize,
    ) -> Result<(), MorphologyError> {
        let (_, head) = self.head(line)?;
        match head {
            Token::Word(word) if starts_point(word) => {
                object.check_no_split(branch, line)?;
                match self.point(line)? {
                    Ok(point) => object.branches[branch].points.push(point),
                    Err(fault) => {
                        object.fault.get_or_insert(fault);
                    }
                }
                Ok(())
            }
            Token::Word(word) => {
                let mut ahead = self.lexer.clone();
                ahead.next()?;
                match ahead.next()? {
                    // A branch without points, only an ending, opens the split.
                    Some((_, Token::Bar)) => object.split(branch, line),
                    Some((_, Token::Close)) if branch == 0 && label(word).is_some() => {
                        object.label = label(word);
                        self.lexer.skip_block(line, '(')
                    }
                    _ => {
                        object.closed |= word == b"Closed";
                        self.skip(line, word)
                    }
                }
            }
            Token::Text(text) => self.skip(line, text),
            Token::Close => self.skip(line, b""),
            _ => object.split(branch, line),
        }
    }

    /// Reads a point to its closing parenthesis. The inner error is one of its values, the outer one of the structure.
    fn point(
        &mut self,
        line: usize,
    ) -> Result<Result<FilePoint, MorphologyError>, MorphologyError> {
        let mut values = [0.0; 4];
        let mut count = 0;
        let mut fault = None;
        let mut tagged = false;
        loop {
            match self.lexer.next()? {
                None => return Err(MorphologyError::Unclosed { line, opener: '(' }),
                Some((_, Token::Close)) => break,
                Some((line, Token::Word(word))) => {
                    // Behind the numbers stands a tag: S1, the number of the section that was traced.
                    tagged |= match count {
                        0..3 => false,
                        3 => is_section_tag(word),
                        _ => !starts_point(word),
                    };
                    if tagged {
                        continue;
                    }
                    match number(word).filter(|value| (*value as f32).is_finite()) {
                        Some(value) if count < 4 => values[count] = value,
                        Some(_) => {}
                        None => {
                            let column = COLUMNS.get(count).copied().unwrap_or("a fifth number");
                            let value = shown(word);
                            fault.get_or_insert(MorphologyError::Number { line, column, value });
                        }
                    }
                    count += 1;
                }
                Some((_, Token::Text(_))) if count >= 3 => tagged = true,
                Some((line, found)) => return unexpected(line, &found, "a number or )"),
            }
        }
        if let Some(fault) = fault {
            return Ok(Err(fault));
        }
        if !(3..=4).contains(&count) {
            return Ok(Err(MorphologyError::PointLength { line, count }));
        }
        let [x, y, z, diameter_um] = values;
        Ok(Ok(FilePoint {
            line,
            position_um: [x, y, z],
            diameter_um: (count == 4).then_some(diameter_um),
        }))
    }

    /// Decides what an object is, now that it is read.
    fn finish(&mut self, object: Object<'a>) -> Result<(), MorphologyError> {
        let Object { line, name, label, closed, mut branches, fault, .. } = object;
        let named_soma = name == Some(b"CellBody");
        let shown_name = name.map(shown).unwrap_or_default();
        let section_type = match label {
            Some(section_type) => section_type,
            None if named_soma => SectionType::Soma,
            // An outline of something else: a slice, a layer.
            None if name.is_some() || closed => return Ok(()),
            None => SectionType::Other(0),
        };
        if let Some(fault) = fault {
            return Err(fault);
        }
        if branches.iter().all(|branch| branch.points.is_empty()) {
            self.warn(line, ImportWarningKind::EmptyBranch);
            return Ok(());
        }
        let as_neuron_names =
            (section_type == SectionType::Soma) == named_soma && (named_soma || name.is_none());
        if !as_neuron_names {
            self.warn(line, ImportWarningKind::NotReadByNeuron { name: shown_name });
        }
        if section_type == SectionType::Soma {
            if let Some(split) = branches.get(1) {
                return unexpected(split.line, &Token::Open, "a point of the soma's outline");
            }
            let points = std::mem::take(&mut branches[0].points);
            self.document.outlines.push(Outline { line, points });
            return Ok(());
        }
        if label.is_none() {
            self.warn(line, ImportWarningKind::UnlabeledTree);
        }
        self.document.trees.push(Tree { section_type, branches });
        Ok(())
    }
}

impl Object<'_> {
    fn split(&mut self, branch: usize, line: usize) -> Result<(), MorphologyError> {
        self.check_no_split(branch, line)?;
        self.start_branch(branch, line, line);
        Ok(())
    }

    fn start_branch(&mut self, parent: usize, line: usize, opened: usize) {
        self.open.push((self.branches.len(), opened));
        self.branches.push(Branch { line, parent: Some(parent), points: Vec::new() });
    }

    /// A branch ends with its split. Branches are in order, so a later one descends from this one.
    fn check_no_split(&self, branch: usize, line: usize) -> Result<(), MorphologyError> {
        if branch + 1 == self.branches.len() {
            Ok(())
        } else {
            unexpected(line, &Token::Open, "the end of the branch after its split")
        }
    }
}
