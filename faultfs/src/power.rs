//! A story of a program and its disk, and what must be true of it after a power cut at any point.
//!
//! While the program works, the story notes what its memory said after each answer that it gave. After a cut
//! its memory must say what it said after the last answer before the cut, or what it would have said after
//! the next one: nothing answered is lost, nothing is half.

use std::fs;
use std::io;
use std::path::Path;

use crate::{Disk, Log, Seed};

/// One cut in so many meets a second one while the program recovers from the first.
const TWICE: usize = 6;

/// What a memory says, one line for each thing in it.
pub type Memory = Vec<String>;

/// What the program did to its disk, and what its memory said after each answer.
#[derive(Debug, Clone)]
pub struct Story {
    log: Log,
    answers: Vec<(usize, Memory)>,
}

/// Notes a story while it happens.
#[derive(Debug)]
pub struct Notes {
    disk: Disk,
    answers: Vec<(usize, Memory)>,
}

/// A promise that was broken, in words that lead back to the cut.
#[derive(Debug)]
pub struct Broken(pub String);

impl Notes {
    /// A story that begins with an empty memory.
    #[must_use]
    pub fn begin(disk: Disk, empty: Memory) -> Self {
        Self {
            disk,
            answers: vec![(0, empty)],
        }
    }

    /// The program has just answered, and this is what its memory says.
    pub fn answered(&mut self, memory: Memory) {
        self.answered_at(self.disk.point(), memory);
    }

    /// As [`Self::answered`], with the point at which the answer was given.
    pub fn answered_at(&mut self, point: usize, memory: Memory) {
        self.answers.push((point, memory));
    }

    /// The whole story.
    #[must_use]
    pub fn end(self) -> Story {
        Story {
            log: self.disk.log(),
            answers: self.answers,
        }
    }
}

impl Story {
    /// Points at which the power can go.
    #[must_use]
    pub fn points(&self) -> usize {
        self.log.ops.len() + 1
    }

    /// Everything that was done to the disk.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Cuts the power at these points, in rising order, and has `remember` say what the program's memory holds
    /// after each. Returns how many cuts there were.
    ///
    /// # Errors
    /// [`Broken`] for the first cut after which something answered is lost or half.
    pub fn cut_at(
        &self,
        points: impl Iterator<Item = usize>,
        seed: u64,
        remember: impl Fn(&Path) -> Result<Memory, String>,
    ) -> Result<usize, Broken> {
        let mut luck = Seed::new(seed);
        let mut walk = self.log.walk();
        let mut cuts = 0;
        for point in points {
            let image = walk.cut(point, &mut luck);
            let folder = Scratch::new(seed)?;
            image.write_to(&folder.0).map_err(failed)?;
            let memory = if luck.once_in(TWICE) {
                cuts += 1;
                cut_again(&folder.0, &mut luck, &remember)
            } else {
                remember(&folder.0)
            };
            let broken = |what: String| {
                Broken(format!(
                    "seed {seed}, cut {point} of {}: {what}",
                    self.log.ops.len()
                ))
            };
            self.check(point, &memory.map_err(broken)?).map_err(broken)?;
            cuts += 1;
        }
        Ok(cuts)
    }

    fn check(&self, point: usize, memory: &Memory) -> Result<(), String> {
        let next = self.answers.partition_point(|(at, _)| *at <= point);
        let last = self.answers.get(next.saturating_sub(1));
        let may_be = last.into_iter().chain(self.answers.get(next));
        if may_be.clone().any(|(_, said)| said == memory) {
            return Ok(());
        }
        let said = last.map(|(_, said)| said.as_slice()).unwrap_or_default();
        Err(difference(said, memory))
    }
}

/// The power goes again while the program recovers.
fn cut_again(
    folder: &Path,
    luck: &mut Seed,
    remember: impl Fn(&Path) -> Result<Memory, String>,
) -> Result<Memory, String> {
    let disk = Disk::under(folder).map_err(|error| error.to_string())?;
    remember(folder)?;
    let log = disk.log();
    drop(disk);
    let image = log.cut(luck.below(log.ops.len() + 1), luck);
    empty(folder)
        .and_then(|()| image.write_to(folder))
        .map_err(|error| error.to_string())?;
    remember(folder).map_err(|what| format!("after a second cut: {what}"))
}

/// The lines that one has and the other has not.
fn difference(said: &[String], memory: &[String]) -> String {
    let lost: Vec<_> = said
        .iter()
        .filter(|line| !memory.contains(line))
        .take(5)
        .collect();
    let new: Vec<_> = memory
        .iter()
        .filter(|line| !said.contains(line))
        .take(5)
        .collect();
    format!("answered and not remembered: {lost:#?}\nremembered and not answered: {new:#?}")
}

fn empty(folder: &Path) -> io::Result<()> {
    fs::remove_dir_all(folder)?;
    fs::create_dir(folder)
}

fn failed(error: io::Error) -> Broken {
    Broken(format!("the test's own folder: {error}"))
}

/// A folder of a cut's own, gone with it.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(seed: u64) -> Result<Self, Broken> {
        let thread = format!("{:?}", std::thread::current().id());
        let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
        let name = format!("printrail-cut-{}-{thread}-{seed}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(failed)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
