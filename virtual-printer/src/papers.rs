//! Where papers go: their texts to stdout, or three files each into a folder.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use virtual_printer::{CutKind, Paper};

/// Version of the JSON lines on stdout.
pub(crate) const SCHEMA: u32 = 1;

/// Writes papers as they come.
#[derive(Debug)]
pub(crate) struct Papers {
    folder: Option<PathBuf>,
    json: bool,
    /// Number of the next file; what lies in the folder already is kept.
    next: usize,
}

impl Papers {
    pub(crate) fn new(folder: Option<&Path>, json: bool) -> anyhow::Result<Self> {
        if let Some(folder) = folder {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        Ok(Self {
            folder: folder.map(Path::to_owned),
            json,
            next: 1,
        })
    }

    pub(crate) fn write(&mut self, paper: &Paper) -> anyhow::Result<()> {
        for note in &paper.notes {
            let _ = writeln!(io::stderr(), "paper {}: {note}", paper.index + 1);
        }
        if let Some(folder) = self.folder.clone() {
            self.save(&folder, paper)?;
        }
        match (self.json, &self.folder) {
            (true, _) => show(&format!("{}\n", json(paper))),
            (false, None) => show(&plain(paper)),
            (false, Some(_)) => Ok(()),
        }
    }

    fn save(&mut self, folder: &Path, paper: &Paper) -> anyhow::Result<()> {
        while name(folder, self.next, "bin").exists() {
            self.next += 1;
        }
        put(&name(folder, self.next, "txt"), paper.text.as_bytes())?;
        put(&name(folder, self.next, "png"), &paper.png())?;
        // Last, so that whoever waits for it finds the others complete.
        put(&name(folder, self.next, "bin"), &paper.bytes)?;
        self.next += 1;
        Ok(())
    }
}

fn name(folder: &Path, number: usize, kind: &str) -> PathBuf {
    folder.join(format!("paper-{number:04}.{kind}"))
}

fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn plain(paper: &Paper) -> String {
    let kicks = if paper.drawer_kicks > 0 {
        format!(", drawer x{}", paper.drawer_kicks)
    } else {
        String::new()
    };
    format!("----- paper {}{kicks}\n{}", paper.index + 1, paper.text)
}

fn json(paper: &Paper) -> serde_json::Value {
    let cut = match paper.cut {
        CutKind::Full => "full",
        CutKind::Partial => "partial",
        CutKind::Torn => "torn",
    };
    serde_json::json!({
        "schema": SCHEMA,
        "paper": paper.index + 1,
        "text": paper.text,
        "cut": cut,
        "drawer_kicks": paper.drawer_kicks,
        "beeps": paper.beeps,
        "bytes": paper.bytes.len(),
        "width_dots": paper.width,
        "height_dots": paper.height,
        "notes": paper.notes,
    })
}

fn show(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{text}")
        .and_then(|()| out.flush())
        .context("cannot write to stdout")
}
