//! Every route in a line or three: what it is for, what it takes, what it answers.

mod house;
mod orders;
mod people;

/// One route's description.
pub(super) struct Doc {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    /// Query parameters and what they mean.
    pub(super) query: &'static [(&'static str, &'static str)],
    /// The body's schema.
    pub(super) body: Option<&'static str>,
    pub(super) needs_body: bool,
    /// Statuses of success.
    pub(super) answers: &'static [(u16, Answer)],
}

/// What an answer holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// JSON of this schema.
    Json(&'static str),
    /// A body of this media type.
    Kind(&'static str),
    /// A refusal.
    Problem,
    /// No body.
    Nothing(&'static str),
}

use Answer::Json;

const CURSOR: (&str, &str) = ("cursor", "`next` of the page before");
const LIMIT: (&str, &str) = ("limit", "Items on a page, 1 to 200; 50 unless said");

const fn get(
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    answers: &'static [(u16, Answer)],
) -> Doc {
    Doc {
        method: "GET",
        path,
        tag,
        summary,
        query: &[],
        body: None,
        needs_body: false,
        answers,
    }
}

const fn send(
    method: &'static str,
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    body: &'static str,
    answers: &'static [(u16, Answer)],
) -> Doc {
    Doc {
        method,
        body: Some(body),
        needs_body: true,
        ..get(path, tag, summary, answers)
    }
}

/// A verb whose body may be left out.
const fn verb(
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    answers: &'static [(u16, Answer)],
) -> Doc {
    Doc {
        method: "POST",
        body,
        ..get(path, tag, summary, answers)
    }
}

const ORDER: &[(u16, Answer)] = &[(200, Json("Order"))];
const JOB: &[(u16, Answer)] = &[(200, Json("Job"))];
const GONE: &[(u16, Answer)] = &[(204, Answer::Nothing("Gone"))];
const MADE: &[(u16, Answer)] = &[(201, Json("Taken")), (200, Json("Taken"))];

/// All of them; a test compares them with [`crate::auth::roles::ROUTES`].
pub(super) fn docs() -> impl Iterator<Item = &'static Doc> {
    orders::DOCS.iter().chain(house::DOCS).chain(people::DOCS)
}
