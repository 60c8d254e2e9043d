//! SQLite statements, table by table, and how values look in a column. Nothing here decides.

pub(super) mod codes;
pub(super) mod counters;
pub(super) mod events;
pub(super) mod house;
pub(super) mod jobs;
pub(super) mod orders;
pub(super) mod outlets;
pub(super) mod people;
pub(super) mod sockets;
pub(super) mod stations;
pub(super) mod tokens;
pub(super) mod upkeep;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, Type};

/// An instant as a column: milliseconds since 1970 UTC.
pub(super) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A number that counts up from 1 as a column.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A column as a number that counts up from 1.
pub(super) fn unsigned(column: i64) -> u64 {
    u64::try_from(column).unwrap_or(0)
}

/// A limit as a column.
pub(super) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Takes a row's columns from left to right.
pub(super) struct Columns<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
}

impl<'r, 's> Columns<'r, 's> {
    pub(super) fn of(row: &'r Row<'s>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let column = self.next;
        self.next += 1;
        self.row.get(column)
    }

    pub(super) fn number(&mut self) -> rusqlite::Result<u64> {
        self.take().map(unsigned)
    }

    pub(super) fn instant(&mut self) -> rusqlite::Result<Timestamp> {
        self.instant_or_none()?
            .ok_or_else(|| self.unreadable("an instant"))
    }

    pub(super) fn instant_or_none(&mut self) -> rusqlite::Result<Option<Timestamp>> {
        let Some(column) = self.take::<Option<i64>>()? else {
            return Ok(None);
        };
        Timestamp::from_millisecond(column)
            .map(Some)
            .map_err(|_| self.unreadable("an instant"))
    }

    /// A name that `parse` knows.
    pub(super) fn named<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
        let name: String = self.take()?;
        parse(&name).ok_or_else(|| self.unreadable(&name))
    }

    pub(super) fn named_or_none<T>(
        &mut self,
        parse: impl Fn(&str) -> Option<T>,
    ) -> rusqlite::Result<Option<T>> {
        let Some(name) = self.take::<Option<String>>()? else {
            return Ok(None);
        };
        parse(&name).map(Some).ok_or_else(|| self.unreadable(&name))
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(&mut self) -> rusqlite::Result<T> {
        let text: String = self.take()?;
        serde_json::from_str(&text).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                self.next.saturating_sub(1),
                Type::Text,
                Box::new(error),
            )
        })
    }

    fn unreadable(&self, what: &str) -> rusqlite::Error {
        let message = format!("{what} cannot be read");
        rusqlite::Error::FromSqlConversionFailure(self.next.saturating_sub(1), Type::Text, message.into())
    }
}
