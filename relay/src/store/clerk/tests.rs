//! Calls that fail, calls that break off, commits that fail: who is told what, and what stays.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use super::*;
use crate::store::OutletId;
use crate::store::books::Counter;
use crate::store::schema;

struct Office {
    clerk: Clerk,
    heard: mpsc::Receiver<Committed>,
    _dir: tempfile::TempDir,
}

/// A clerk on a store whose table `promises` is checked at the commit.
fn office() -> Office {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("relay.db");
    let mut conn = Connection::open(&file).unwrap();
    schema::migrate(&mut conn).unwrap();
    conn.execute_batch(
        "PRAGMA foreign_keys = ON; CREATE TABLE kept(id INTEGER PRIMARY KEY);
         CREATE TABLE promises(id INTEGER REFERENCES kept(id) DEFERRABLE INITIALLY DEFERRED);",
    )
    .unwrap();
    let (publisher, heard) = mpsc::channel(64);
    let lock = Lock::take(&file).unwrap();
    let sources: (Clock, Ids) = (Arc::new(Timestamp::now), Arc::new(String::new));
    let clerk = Clerk::start((conn, lock), sources, 64, publisher).unwrap();
    Office {
        clerk,
        heard,
        _dir: dir,
    }
}

/// Takes the next number, and tells the publisher of a station of that name.
fn count(desk: &mut Desk<'_>) -> Outcome<u64> {
    let outlet = OutletId::from("demo");
    let next = desk.books.next(desk.conn, &outlet, Counter::Event)?;
    desk.conn
        .execute("INSERT INTO kept(id) VALUES(?1)", [i64::try_from(next).unwrap()])?;
    desk.out.nudge(&outlet, &next.to_string());
    Ok(next)
}

impl Office {
    /// Keeps the clerk busy until the sender is used, so that the calls behind it share a transaction.
    fn busy(
        &self,
    ) -> (
        std::sync::mpsc::SyncSender<()>,
        impl Future<Output = Outcome<()>> + use<>,
    ) {
        let (go, wait) = sync_channel::<()>(1);
        let clerk = self.clerk.clone();
        let call = async move {
            let hold = move |_: &mut Desk<'_>| {
                let _late = wait.recv_timeout(Duration::from_secs(10));
                Ok(())
            };
            clerk.call(hold).await
        };
        (go, call)
    }
}

#[tokio::test]
async fn a_call_that_fails_or_breaks_off_leaves_its_neighbours_their_numbers() {
    let mut office = office();
    let (go, busy) = office.busy();
    let clerk = &office.clerk;
    let (_, first, failed, broken, refused, last, ()) = tokio::join!(
        biased;
        busy,
        clerk.call(count),
        clerk.call(|desk| {
            count(desk)?;
            desk.out.nudge(&"demo".into(), "lost");
            desk.conn.execute("INSERT INTO nowhere VALUES(1)", [])?;
            Ok(())
        }),
        clerk.call(|desk| -> Outcome<()> {
            count(desk)?;
            panic!("a fault in a call")
        }),
        clerk.call(|desk| {
            desk.refused = true;
            count(desk)
        }),
        clerk.call(count),
        async move { go.send(()).unwrap() },
    );
    assert_eq!((first.unwrap(), last.unwrap()), (1, 2));
    assert!(matches!(failed, Err(StoreError::Database(_))), "{failed:?}");
    assert!(matches!(broken, Err(StoreError::Fault)), "{broken:?}");
    assert_eq!(refused.unwrap(), 2, "it saw a number that it did not keep");
    let mut heard = Vec::new();
    while heard.len() < 2 {
        heard.extend(office.heard.recv().await.unwrap().nudges);
    }
    let heard: Vec<_> = heard.iter().map(|(_, station)| station.as_str()).collect();
    assert_eq!(heard, ["1", "2"]);
}

#[tokio::test]
async fn calls_that_may_be_done_again_are_where_one_of_them_has_to_be_undone() {
    let mut office = office();
    let (go, busy) = office.busy();
    let clerk = &office.clerk;
    let (_, first, refused, failed, last, ()) = tokio::join!(
        biased;
        busy,
        clerk.call_again(count),
        clerk.call_again(|desk| {
            desk.refused = true;
            Ok(())
        }),
        clerk.call_again(|desk| {
            count(desk)?;
            Err::<(), _>(StoreError::Fenced)
        }),
        clerk.call_again(count),
        async move { go.send(()).unwrap() },
    );
    assert_eq!((first.unwrap(), last.unwrap()), (1, 2));
    assert!(refused.is_ok() && matches!(failed, Err(StoreError::Fenced)));
    let mut heard = Vec::new();
    while heard.len() < 2 {
        heard.extend(office.heard.recv().await.unwrap().nudges);
    }
    let heard: Vec<_> = heard.iter().map(|(_, station)| station.as_str()).collect();
    assert_eq!(heard, ["1", "2"]);
    let kept = clerk.call(|desk| {
        let sql = "SELECT count(*) FROM kept";
        Ok(desk.conn.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(kept.await.unwrap(), 2);
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_everybody_and_leaves_nothing() {
    let mut office = office();
    let (go, busy) = office.busy();
    let clerk = &office.clerk;
    let (_, one, broken, two, ()) = tokio::join!(
        biased;
        busy,
        clerk.call(count),
        clerk.call(|desk| Ok(desk.conn.execute("INSERT INTO promises VALUES(99)", [])?)),
        clerk.call(count),
        async move { go.send(()).unwrap() },
    );
    for failed in [one.map(|_| ()), broken.map(|_| ()), two.map(|_| ())] {
        assert!(matches!(failed, Err(StoreError::Database(_))), "{failed:?}");
    }
    assert!(clerk.is_failing());
    assert_eq!(
        clerk.call(count).await.unwrap(),
        1,
        "numbers that nobody got are given again"
    );
    assert!(!clerk.is_failing());
    let heard = office.heard.recv().await.unwrap().nudges;
    assert_eq!(heard.len(), 1, "of what failed nobody hears");
    assert_eq!(heard[0].1, "1");
}
