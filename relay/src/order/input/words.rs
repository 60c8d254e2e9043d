//! The spellings in which callers name a status, a type or a priority.

use crate::order::model::{ItemStatus, OrderType, PaymentStatus, Priority, Status};

/// Whether two field names are the same in snake, camel or kebab case.
pub(super) fn same(given: &str, wanted: &str) -> bool {
    letters(given).eq(letters(wanted))
}

fn letters(name: &str) -> impl Iterator<Item = u8> + '_ {
    name.bytes()
        .filter(|byte| !matches!(byte, b'_' | b'-' | b' '))
        .map(|byte| byte.to_ascii_lowercase())
}

/// The first choice whose name is `word` in any spelling.
pub(super) fn pick<T: Copy>(word: &str, choices: &[(&str, T)]) -> Option<T> {
    choices
        .iter()
        .find(|(name, _)| same(word.trim(), name))
        .map(|(_, choice)| *choice)
}

/// Order statuses: the canonical names first, then what dialects call them.
pub(super) const STATUSES: &[(&str, Status)] = &[
    ("pending", Status::Pending),
    ("confirmed", Status::Confirmed),
    ("preparing", Status::Preparing),
    ("ready", Status::Ready),
    ("served", Status::Served),
    ("completed", Status::Completed),
    ("cancelled", Status::Cancelled),
    ("cooking", Status::Preparing),
    ("done", Status::Completed),
    ("canceled", Status::Cancelled),
];

/// Item statuses.
pub(super) const ITEM_STATUSES: &[(&str, ItemStatus)] = &[
    ("pending", ItemStatus::Pending),
    ("preparing", ItemStatus::Preparing),
    ("ready", ItemStatus::Ready),
    ("served", ItemStatus::Served),
    ("cancelled", ItemStatus::Cancelled),
    ("cooking", ItemStatus::Preparing),
    ("done", ItemStatus::Served),
    ("canceled", ItemStatus::Cancelled),
];

/// Order types.
pub(super) const ORDER_TYPES: &[(&str, OrderType)] = &[
    ("dine-in", OrderType::DineIn),
    ("takeout", OrderType::Takeout),
    ("delivery", OrderType::Delivery),
    ("takeaway", OrderType::Takeout),
    ("to-go", OrderType::Takeout),
    ("pickup", OrderType::Takeout),
    ("eat-in", OrderType::DineIn),
];

/// Payment statuses.
pub(super) const PAYMENT_STATUSES: &[(&str, PaymentStatus)] = &[
    ("unpaid", PaymentStatus::Unpaid),
    ("pending", PaymentStatus::Pending),
    ("partial", PaymentStatus::Partial),
    ("paid", PaymentStatus::Paid),
    ("refunded", PaymentStatus::Refunded),
];

/// Priorities.
pub(super) const PRIORITIES: &[(&str, Priority)] = &[
    ("normal", Priority::Normal),
    ("express", Priority::Express),
    ("vip", Priority::Vip),
];

/// An order status by any of its spellings, for filters and verbs.
#[must_use]
pub fn parse_status(word: &str) -> Option<Status> {
    pick(word, STATUSES)
}

/// A priority by any of its spellings.
#[must_use]
pub fn parse_priority(word: &str) -> Option<Priority> {
    pick(word, PRIORITIES)
}
