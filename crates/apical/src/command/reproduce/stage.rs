use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use apical::ApicalError;
use apical::input::read_json;
use apical::output::{Versions, write_json};
use apical::training::TrainingConfig;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::command::ranks::Ranks;
use crate::command::{Failure, execute_line, to_stderr};

/// Name of the file that says what is done.
const STAGES: &str = "stages.json";

/// A word of a command.
#[derive(Clone, Debug)]
enum Word {
    Text(String),
    /// A path in the folder of the reproduction.
    Inside(String),
    /// A file that is not in it, which the result depends on.
    Input(PathBuf),
}

/// A command of this program, as a line of the shell in the folder of the reproduction.
#[derive(Clone, Debug)]
pub(super) struct Line(Vec<Word>);

impl Line {
    pub(super) fn new(words: &str) -> Self {
        Self(words.split(' ').map(|word| Word::Text(word.to_owned())).collect())
    }

    pub(super) fn option(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.0.extend([name.to_owned(), value.to_string()].map(Word::Text));
        self
    }

    pub(super) fn inside(mut self, name: &str, paths: &[String]) -> Self {
        self.0.push(Word::Text(name.to_owned()));
        self.0.extend(paths.iter().map(|path| Word::Inside(path.clone())));
        self
    }

    pub(super) fn input(mut self, name: &str, path: &Path) -> Self {
        self.0.extend([Word::Text(name.to_owned()), Word::Input(path.to_owned())]);
        self
    }

    fn words(&self, out: &Path) -> Vec<OsString> {
        let word = |word: &Word| match word {
            Word::Text(text) => text.into(),
            Word::Inside(path) => out.join(path).into_os_string(),
            Word::Input(path) => path.into(),
        };
        self.0.iter().map(word).collect()
    }

    fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().filter_map(|word| match word {
            Word::Input(path) => Some(path.as_path()),
            _ => None,
        })
    }
}

/// As it would be typed.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("apical")?;
        for word in &self.0 {
            match word {
                Word::Text(text) | Word::Inside(text) => write!(f, " {text}")?,
                Word::Input(path) => {
                    write!(f, " {}", path.file_name().unwrap_or_default().to_string_lossy())?;
                }
            }
        }
        Ok(())
    }
}

/// A part of the reproduction: a command that writes to a folder.
pub(super) struct Stage {
    /// The folder.
    pub(super) folder: String,
    pub(super) line: Line,
    /// Folders of other stages that it reads.
    pub(super) after: Vec<String>,
    /// File of settings, and what is in it, of a training.
    pub(super) settings: Option<(String, TrainingConfig)>,
    /// The line that goes on with what was stopped, and the file without which there is nothing to go on with.
    pub(super) resumed: Option<(Line, String)>,
}

/// What is known of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// SHA-256 of what it is made of.
    inputs: String,
    is_done: bool,
    /// Wall time, s, of the run that ended it.
    seconds: u64,
}

/// The stages of a plan, and which are done, or were begun.
pub(super) struct Stages {
    out: PathBuf,
    /// The hash of what each is to be made of.
    inputs: BTreeMap<String, String>,
    /// What the folder has.
    entries: BTreeMap<String, Entry>,
}

impl Stages {
    /// Those of a plan, in a folder that nothing is changed in yet.
    pub(super) fn open(out: &Path, stages: &[Stage]) -> Result<Self, ApicalError> {
        let path = out.join(STAGES);
        let entries = if path.exists() { read_json(&path)? } else { BTreeMap::new() };
        let mut inputs = BTreeMap::new();
        for stage in stages {
            let hash = inputs_of(stage, &inputs)?;
            inputs.insert(stage.folder.clone(), hash);
        }
        Ok(Self { out: out.to_owned(), inputs, entries })
    }

    /// Removes what other inputs have made in the folders of stages, if it may. What no stage has made is never removed, and
    /// nothing is where something is refused.
    pub(super) fn make_room(&self, stages: &[Stage], may_remove: bool) -> Result<(), ApicalError> {
        let mut others = Vec::new();
        for stage in stages {
            let path = self.out.join(&stage.folder);
            if self.is_begun(stage) || is_empty(&path)? {
                continue;
            }
            if !self.entries.contains_key(&stage.folder) {
                return Err(ApicalError::NotOurs { path });
            }
            if !may_remove {
                return Err(ApicalError::OtherInputs { path });
            }
            others.push(path);
        }
        others.iter().try_for_each(|path| fs::remove_dir_all(path).map_err(ApicalError::io(path)))
    }

    /// Whether it is done, or was begun, with the same inputs.
    fn is_begun(&self, stage: &Stage) -> bool {
        let known = self.entries.get(&stage.folder).map(|entry| &entry.inputs);
        known.is_some() && known == self.inputs.get(&stage.folder)
    }

    /// Does what is to be done of a stage: nothing if it is done, the rest if it was begun, else all of it.
    pub(super) fn run(&mut self, stage: &Stage, ranks: &Ranks, quiet: bool) -> Result<(), Failure> {
        let is_done = self.entries.get(&stage.folder).is_some_and(|entry| entry.is_done);
        if is_done && self.is_begun(stage) && self.out.join(&stage.folder).exists() {
            if !quiet {
                to_stderr("  done before");
            }
            return Ok(());
        }
        if let Some((path, settings)) = &stage.settings {
            let path = self.out.join(path);
            let folder = path.parent().unwrap_or(&self.out);
            fs::create_dir_all(folder).map_err(ApicalError::io(folder))?;
            write_json(&path, settings)?;
        }
        let inputs = self.inputs.get(&stage.folder).cloned().unwrap_or_default();
        let entry = Entry { inputs, is_done: false, seconds: 0 };
        self.entries.insert(stage.folder.clone(), entry);
        self.save()?;
        let resumed = stage.resumed.as_ref().filter(|(_, file)| self.out.join(file).exists());
        let line = resumed.map_or(&stage.line, |(line, _)| line);
        let mut words = line.words(&self.out);
        if quiet {
            words.push("--quiet".into());
        }
        let started = Instant::now();
        execute_line(&words, ranks)?;
        if let Some(entry) = self.entries.get_mut(&stage.folder) {
            (entry.is_done, entry.seconds) = (true, started.elapsed().as_secs());
        }
        Ok(self.save()?)
    }

    /// Wall time of a stage, s.
    pub(super) fn seconds(&self, folder: &str) -> Option<u64> {
        self.entries.get(folder).map(|entry| entry.seconds)
    }

    /// The hash of what a stage that was run is made of.
    pub(super) fn hash(&self, folder: &str) -> &str {
        self.entries.get(folder).map_or("", |entry| &entry.inputs)
    }

    fn save(&self) -> Result<(), ApicalError> {
        write_json(&self.out.join(STAGES), &self.entries)
    }
}

/// The hash of what a stage is made of: versions, the command, the files that it reads, and the same of earlier stages.
fn inputs_of(stage: &Stage, earlier: &BTreeMap<String, String>) -> Result<String, ApicalError> {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        // lengths, so that no two lists of parts look alike
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    let Versions { apical, numerics, .. } = Versions::current();
    add(format!("{apical} {numerics}").as_bytes());
    add(stage.line.to_string().as_bytes());
    if let Some((path, settings)) = &stage.settings {
        add(&json(path.as_ref(), settings)?);
    }
    for path in stage.line.inputs() {
        add(&fs::read(path).map_err(ApicalError::io(path))?);
    }
    for folder in &stage.after {
        add(earlier.get(folder).map_or("", String::as_str).as_bytes());
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether there is nothing in a folder, or no folder.
fn is_empty(folder: &Path) -> Result<bool, ApicalError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(ApicalError::Io { path: folder.to_owned(), source: error }),
    }
}

/// What a value is in JSON; the path is that of its file.
pub(super) fn json(path: &Path, value: &impl Serialize) -> Result<Vec<u8>, ApicalError> {
    serde_json::to_vec_pretty(value)
        .map_err(|source| ApicalError::Json { path: path.to_owned(), source })
}
