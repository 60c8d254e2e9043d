//! What tickets are made of beside what is built in: a restaurant's own templates and fonts.

mod stock;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use escpos_templates::Renderer;

pub use stock::Stock;

/// Files with this ending in the templates folder are templates, named by what stands before it.
const TEMPLATE_ENDING: &str = "receipt";

/// The largest font: CJK collections have about 20 MB.
const FONT_MAX: u64 = 64 * 1024 * 1024;

/// The largest template; the built-in ones have 2 kB.
const TEMPLATE_MAX: u64 = 256 * 1024;

/// Where templates and fonts lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// A folder of templates that stand in for the built-in ones.
    pub templates: Option<PathBuf>,
    /// Font files for characters that the built-in fonts lack, tried in this order.
    pub fonts: Vec<PathBuf>,
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be used for tickets: check the name and who may read it")]
pub struct SourceError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// A renderer with these templates and fonts. What is wrong inside a template is in
/// [`Renderer::problems`]; the built-in one prints instead.
///
/// # Errors
/// [`SourceError`] where a file cannot be read.
pub fn renderer(sources: &Sources) -> Result<Renderer, SourceError> {
    let mut builder = Renderer::builder();
    if let Some(folder) = &sources.templates {
        for path in templates(folder)? {
            builder = builder.with_template(name(&path), template(&path)?);
        }
    }
    for path in &sources.fonts {
        builder = builder.with_font(read(path, FONT_MAX)?);
    }
    Ok(builder.build())
}

/// Templates by name, each with its text.
type Texts = BTreeMap<String, String>;

fn name(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn template(path: &Path) -> Result<String, SourceError> {
    let text = String::from_utf8(read(path, TEMPLATE_MAX)?).map_err(|_| SourceError {
        path: path.to_owned(),
        source: io::Error::new(
            io::ErrorKind::InvalidData,
            "it is not UTF-8; save it as UTF-8 in your editor",
        ),
    })?;
    // Windows' editor begins such a file with a mark that is no text.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn templates(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let wrong = |source| SourceError {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == TEMPLATE_ENDING)
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, SourceError> {
    let wrong = |source| SourceError {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(wrong)?.len() > limit {
        return Err(wrong(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("more than {limit} bytes"),
        )));
    }
    fs::read(path).map_err(wrong)
}
