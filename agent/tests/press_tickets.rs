//! A press at work: every level of proof, people's answers, restarts and files.

#![allow(clippy::unwrap_used, reason = "what fails in a test shall fail")]

mod press_kit;

use agent::spool::Wish;
use agent::tickets::{Sources, Stock};
use press_kit::Kitchen;
use protocol::{Evidence, JobKind, JobState};
use virtual_printer::{Config, Fault, Profile};

#[test]
fn a_ticket_is_printed_and_proven() {
    let mut kitchen = Kitchen::open();
    kitchen.order("order-01");
    let job = kitchen.becomes("order-01", JobState::Printed);
    assert_eq!((job.evidence, job.attempt), (Some(Evidence::A), 1));
    assert_eq!(
        kitchen.papers("order-01"),
        [false],
        "{:?}",
        kitchen.printer.papers()[0].text
    );
    assert!(
        kitchen.printer.papers()[0].notes.is_empty(),
        "{:?}",
        kitchen.printer.papers()[0].notes
    );
}

#[test]
fn every_level_of_proof_is_found_by_probing() {
    for (profile, state, evidence) in [
        ("epson-tm-t88", JobState::Printed, Evidence::A),
        ("epson-tm-t88iii", JobState::Printed, Evidence::B),
        ("generic-80", JobState::Printed, Evidence::B),
        ("xprinter", JobState::Sent, Evidence::C),
        ("pos-80", JobState::Sent, Evidence::C),
    ] {
        let mut kitchen = Kitchen::with(Config::new(Profile::named(profile).unwrap()));
        for order in ["order-01", "order-02"] {
            kitchen.order(order);
            assert_eq!(
                kitchen.becomes(order, state).evidence,
                Some(evidence),
                "{profile}"
            );
            assert_eq!(
                kitchen.papers(order),
                [false],
                "{profile}: {:?}",
                kitchen.printer.papers()
            );
        }
        assert_eq!(
            kitchen.printer.papers().len(),
            2,
            "{profile}: probing prints nothing"
        );
    }
}

#[test]
fn a_person_ends_a_doubt() {
    let mut kitchen = Kitchen::open();
    kitchen.order("order-00");
    kitchen.becomes("order-00", JobState::Printed);
    for (order, wish, papers) in [
        ("order-01", Wish::Printed, vec![false]),
        ("order-02", Wish::Again, vec![false, true]),
    ] {
        kitchen.fault(Fault::DropAfterLastByte);
        kitchen.offer(order, JobKind::Receipt, |_| {});
        kitchen.becomes(order, JobState::Unconfirmed);
        kitchen.wish(order, wish);
        kitchen.becomes(order, JobState::Printed);
        assert_eq!(kitchen.papers(order), papers);
    }
    assert_eq!(kitchen.job("order-01").evidence, Some(Evidence::Person));
}

#[test]
fn a_press_that_starts_again_goes_on_where_it_was() {
    let mut kitchen = Kitchen::open();
    kitchen.fault(Fault::CoverOpen);
    for order in ["order-01", "order-02", "order-03"] {
        kitchen.order(order);
    }
    kitchen.wait("they are held", |kitchen| {
        kitchen.state("order-03") == JobState::Held
    });
    kitchen.start();
    kitchen.fault(Fault::CoverClosed);
    for order in ["order-01", "order-02", "order-03"] {
        assert_eq!(kitchen.becomes(order, JobState::Printed).attempt, 1);
    }
    let texts: Vec<String> = kitchen
        .printer
        .papers()
        .into_iter()
        .map(|paper| paper.text)
        .collect();
    assert!(
        texts[0].contains("order-01") && texts[2].contains("order-03"),
        "{texts:?}"
    );
}

#[test]
fn a_file_gets_its_tickets_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paper.bin");
    let mut kitchen = Kitchen::open();
    kitchen.address = format!("file:{}", path.display());
    kitchen.start();
    kitchen.order("order-01");
    kitchen.becomes("order-01", JobState::Sent);
    assert!(std::fs::read(&path).unwrap().starts_with(b"\x1B@"));
}

#[test]
fn a_template_that_changes_while_the_press_runs_makes_the_tickets_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut kitchen = Kitchen::open();
    kitchen.stock = Stock::open(&Sources {
        templates: Some(folder.path().to_owned()),
        fonts: Vec::new(),
    });
    kitchen.start();
    let mut prints = |order: &str| {
        kitchen.order(order);
        kitchen.becomes(order, JobState::Printed);
        kitchen.printer.papers().pop().unwrap().text
    };
    assert!(prints("order-00").contains("KITCHEN"));
    std::fs::write(
        folder.path().join("kitchen.receipt"),
        "our own {{ order_number }}\n",
    )
    .unwrap();
    let shown = (1..100).any(|number| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        prints(&format!("order-{number:02}")).contains("our own")
    });
    assert!(shown);
}

/// A kitchen whose tickets open the drawer.
fn kitchen_with_a_drawer(folder: &std::path::Path, config: Config) -> Kitchen {
    std::fs::write(folder.join("kitchen.receipt"), "{drawer:1}\n{{ order_number }}\n").unwrap();
    let mut kitchen = Kitchen::with(config);
    kitchen.stock = Stock::open(&Sources {
        templates: Some(folder.to_owned()),
        fonts: Vec::new(),
    });
    kitchen.start();
    kitchen
}

#[test]
fn fault_i2_the_drawer_opens_once_however_many_copies_a_ticket_has() {
    let folder = tempfile::tempdir().unwrap();
    let mut kitchen = kitchen_with_a_drawer(folder.path(), Config::default());
    kitchen.offer("order-01", JobKind::Order, |job| job.copies = 3);
    kitchen.becomes("order-01", JobState::Printed);
    assert_eq!(
        (kitchen.printer.papers().len(), kitchen.printer.drawer_kicks()),
        (3, 1)
    );
}

#[test]
fn fault_i2_the_drawer_stays_shut_for_marked_copies_and_reprints() {
    let folder = tempfile::tempdir().unwrap();
    let mut kitchen = kitchen_with_a_drawer(folder.path(), Config::default());
    kitchen.order("order-00");
    kitchen.becomes("order-00", JobState::Printed);
    for (order, again) in [("order-01", false), ("order-02", true)] {
        let before = kitchen.printer.drawer_kicks();
        kitchen.fault(Fault::DropAfterLastByte);
        kitchen.order(order);
        kitchen.becomes(order, JobState::Unconfirmed);
        if again {
            kitchen.wish(order, Wish::Again);
        }
        assert_eq!(kitchen.becomes(order, JobState::Printed).attempt, 2);
        assert_eq!(
            kitchen.printer.drawer_kicks(),
            before + 1,
            "{order}: its first try alone"
        );
        let texts = kitchen.printer.papers().into_iter().map(|paper| paper.text);
        assert_eq!(texts.filter(|text| text.contains(order)).count(), 2);
    }
}
