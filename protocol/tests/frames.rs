//! The exact text of every frame. Where a test here fails, the change is wrong, not the test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use protocol::frames::*;
use protocol::*;
use serde_json::value::RawValue;

fn id() -> JobId {
    JobId::new("0193-a")
}

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn registration() -> Registration {
    Registration {
        device_id: "pc-1".into(),
        role: "bar".into(),
        location: Some("depan".into()),
        outlet_id: "demo".into(),
        agent: AgentInfo {
            version: "0.1.0".into(),
            protocol: 1,
            spool: Some("s1".into()),
        },
        printers: vec![PrinterInfo {
            name: "grill".into(),
            profile: "epson-tm-t88".into(),
            proof: Some(Evidence::A),
            state: "ready".into(),
        }],
    }
}

fn agent_frames() -> Vec<(AgentFrame, &'static str)> {
    let bare = Registration {
        location: None,
        outlet_id: String::new(),
        agent: AgentInfo {
            version: "0.1.0".into(),
            protocol: 1,
            spool: None,
        },
        printers: vec![PrinterInfo {
            name: "grill".into(),
            profile: "generic-80".into(),
            proof: None,
            state: "unknown".into(),
        }],
        ..registration()
    };
    let update = JobUpdate {
        job_id: id(),
        state: JobState::Printed,
        attempt: 1,
        printer: Some("grill".into()),
        evidence: Some(Evidence::Person),
        detail: Some("a cook said so".into()),
        at: at("2026-11-20T10:00:00.25Z"),
    };
    let spare = JobUpdate {
        state: JobState::Held,
        attempt: 0,
        printer: None,
        evidence: None,
        detail: None,
        ..update.clone()
    };
    let status = PrinterStatus {
        printer: "grill".into(),
        online: false,
        paper: "out".into(),
        cover: "closed".into(),
        error: Some("out of paper".into()),
    };
    vec![
        (
            AgentFrame::Register(registration()),
            r#"{"type":"register_device","data":{"device_id":"pc-1","role":"bar","location":"depan","outlet_id":"demo","agent":{"version":"0.1.0","protocol":1,"spool":"s1"},"printers":[{"name":"grill","profile":"epson-tm-t88","proof":"A","state":"ready"}]}}"#,
        ),
        (
            AgentFrame::Register(bare),
            r#"{"type":"register_device","data":{"device_id":"pc-1","role":"bar","outlet_id":"","agent":{"version":"0.1.0","protocol":1},"printers":[{"name":"grill","profile":"generic-80","proof":null,"state":"unknown"}]}}"#,
        ),
        (
            AgentFrame::JobAck { job_id: id() },
            r#"{"type":"job_ack","job_id":"0193-a"}"#,
        ),
        (
            AgentFrame::JobUpdate(update),
            r#"{"type":"job_update","job_id":"0193-a","state":"printed","attempt":1,"printer":"grill","evidence":"person","detail":"a cook said so","at":"2026-11-20T10:00:00.25Z"}"#,
        ),
        (
            AgentFrame::JobUpdate(spare),
            r#"{"type":"job_update","job_id":"0193-a","state":"held","attempt":0,"printer":null,"evidence":null,"detail":null,"at":"2026-11-20T10:00:00.25Z"}"#,
        ),
        (
            AgentFrame::PrinterStatus(status.clone()),
            r#"{"type":"printer_status","printer":"grill","online":false,"paper":"out","cover":"closed","error":"out of paper"}"#,
        ),
        (
            AgentFrame::PrinterStatus(PrinterStatus {
                online: true,
                paper: "ok".into(),
                error: None,
                ..status
            }),
            r#"{"type":"printer_status","printer":"grill","online":true,"paper":"ok","cover":"closed","error":null}"#,
        ),
        (AgentFrame::Pong, r#"{"type":"pong"}"#),
    ]
}

#[test]
fn every_agent_frame_has_its_exact_text_and_comes_back_from_it() {
    for (frame, text) in agent_frames() {
        assert_eq!(frame.encode(), text);
        assert_eq!(AgentFrame::decode(text).unwrap(), frame);
    }
}

const OFFER: &str = r#"{"event":"kitchen_immediate_print","data":{ "order_id":"o1","price":12.50,"job":{"id":"0193-a","seq":7,"station":"kitchen","number":41,"kind":"order","copies":1,"due":"2026-11-20T10:00:00Z","expires":"2026-11-20T22:00:00Z","attempt":0,"age_ms":0,"banners":[{"kind":"late","minutes":6},{"kind":"possible-duplicate","first_try":"2026-11-20T10:00:01Z"},{"kind":"reprint"},{"kind":"backup","station":"bar"},{"kind":"unrouted"}]}},"seq":"12.3"}"#;

fn relay_frames() -> Vec<(RelayFrame, &'static str)> {
    let registered = Registered {
        device_id: "pc-1".into(),
        role: "bar".into(),
        location: Some("depan".into()),
        outlet_id: "demo".into(),
        station: Some("bar_depan".into()),
    };
    let screen = Registered {
        location: None,
        station: None,
        ..registered.clone()
    };
    let error = ErrorData {
        code: "FORBIDDEN".into(),
        message: "not yours".into(),
        field: None,
    };
    let field = ErrorData {
        code: "VALIDATION_ERROR".into(),
        field: Some("job_id".into()),
        ..error.clone()
    };
    vec![
        (
            RelayFrame::Registered(registered),
            r#"{"event":"device_registered","data":{"device_id":"pc-1","role":"bar","location":"depan","outlet_id":"demo","station":"bar_depan"}}"#,
        ),
        (
            RelayFrame::Registered(screen),
            r#"{"event":"device_registered","data":{"device_id":"pc-1","role":"bar","location":null,"outlet_id":"demo"}}"#,
        ),
        (
            RelayFrame::JobSettled { job_id: id() },
            r#"{"event":"job_settled","data":{"job_id":"0193-a"}}"#,
        ),
        (
            RelayFrame::JobCancel { job_id: id() },
            r#"{"event":"job_cancel","data":{"job_id":"0193-a"}}"#,
        ),
        (
            RelayFrame::JobResolve {
                job_id: id(),
                printed: false,
            },
            r#"{"event":"job_resolve","data":{"job_id":"0193-a","printed":false}}"#,
        ),
        (
            RelayFrame::JobRelease { job_id: id() },
            r#"{"event":"job_release","data":{"job_id":"0193-a"}}"#,
        ),
        (
            RelayFrame::Ping {
                now: at("2026-11-20T10:00:00Z"),
            },
            r#"{"event":"ping","data":{"now":"2026-11-20T10:00:00Z"}}"#,
        ),
        (
            RelayFrame::Goodbye { retry_after_ms: 1500 },
            r#"{"event":"goodbye","data":{"retry_after_ms":1500}}"#,
        ),
        (
            RelayFrame::Error(error),
            r#"{"event":"error","data":{"code":"FORBIDDEN","message":"not yours"}}"#,
        ),
        (
            RelayFrame::Error(field),
            r#"{"event":"error","data":{"code":"VALIDATION_ERROR","message":"not yours","field":"job_id"}}"#,
        ),
        (RelayFrame::decode(OFFER).unwrap(), OFFER),
    ]
}

#[test]
fn every_relay_frame_has_its_exact_text_and_comes_back_from_it() {
    for (frame, text) in relay_frames() {
        assert_eq!(frame.encode(), text);
        let again = RelayFrame::decode(text).unwrap();
        assert_eq!(format!("{again:?}"), format!("{frame:?}"));
    }
}

#[test]
fn an_offer_keeps_its_data_to_the_letter() {
    let RelayFrame::Offer(offer) = RelayFrame::decode(OFFER).unwrap() else {
        panic!("no offer")
    };
    assert!(
        offer
            .data
            .get()
            .starts_with(r#"{ "order_id":"o1","price":12.50,"#)
    );
    assert_eq!(offer.event, "kitchen_immediate_print");
    assert_eq!(offer.seq.as_deref(), Some("12.3"));
    assert_eq!(
        (offer.job.seq, offer.job.number, offer.job.banners.len()),
        (7, 41, 5)
    );
}

#[test]
fn an_offer_is_made_of_the_event_data_and_the_job() {
    let RelayFrame::Offer(offer) = RelayFrame::decode(OFFER).unwrap() else {
        panic!("no offer")
    };
    let data = RawValue::from_string(r#"{"price":12.50,"job":null}"#.into()).unwrap();
    let made = Offer::new("beverage_immediate_print", &data, offer.job.clone()).unwrap();
    let RelayFrame::Offer(read) = RelayFrame::decode(&made.encode()).unwrap() else {
        panic!("no offer")
    };
    assert_eq!(read.job, offer.job);
    assert!(read.data.get().contains(r#""price":12.50"#));
    let list = RawValue::from_string("[]".into()).unwrap();
    assert!(matches!(
        Offer::new("e", &list, offer.job.clone()),
        Err(FrameError::NotJson(_))
    ));
    let long = RawValue::from_string(format!(r#"{{"note":"{}"}}"#, "x".repeat(MAX_FRAME_BYTES))).unwrap();
    assert!(matches!(
        Offer::new("e", &long, offer.job),
        Err(FrameError::TooLong { .. })
    ));
}

#[test]
fn fields_may_stand_in_data_or_beside_the_type_in_either_case_style() {
    let ack = AgentFrame::JobAck { job_id: id() };
    for text in [
        r#"{"type":"job_ack","data":{"job_id":"0193-a"}}"#,
        r#"{"type":"job_ack","jobId":"0193-a","data":null}"#,
        r#"{"data":{"jobId":"0193-a","more":[1]},"type":"job_ack"}"#,
        r#"{"type":"job_ack","job_id":"0193-a","data":{"job_id":"other"}}"#,
    ] {
        assert_eq!(AgentFrame::decode(text).unwrap(), ack, "{text}");
    }
    let flat = r#"{"type":"register_device","deviceId":"d","role":"kitchen","agent":{"version":"9","protocol":2,"new":0}}"#;
    let AgentFrame::Register(flat) = AgentFrame::decode(flat).unwrap() else {
        panic!("no registration")
    };
    assert_eq!((flat.device_id.as_str(), flat.outlet_id.as_str()), ("d", ""));
}

#[test]
fn unknown_fields_are_ignored_and_unknown_frames_are_named() {
    let ping = r#"{"event":"ping","data":{"now":"2026-11-20T10:00:00Z","x":1},"seq":"1.2","y":{}}"#;
    assert!(matches!(RelayFrame::decode(ping), Ok(RelayFrame::Ping { .. })));
    let event = r#"{"event":"new_order","data":{"order_id":"o1"}}"#;
    assert!(matches!(RelayFrame::decode(event), Err(FrameError::Unknown(name)) if name == "new_order"));
    let eyes = r#"{"event":"kitchen_immediate_print","data":{"job":null}}"#;
    assert!(matches!(RelayFrame::decode(eyes), Err(FrameError::Unknown(_))));
    assert!(
        matches!(AgentFrame::decode(r#"{"type":"dance"}"#), Err(FrameError::Unknown(name)) if name == "dance")
    );
}

#[test]
fn a_wrong_frame_is_refused_with_the_name_of_what_is_wrong() {
    for text in ["", "no", "[]", "7", r#"["job_ack"]"#, r#"{"type":"#] {
        assert!(
            matches!(AgentFrame::decode(text), Err(FrameError::NotJson(_))),
            "{text}"
        );
        assert!(
            matches!(RelayFrame::decode(text), Err(FrameError::NotJson(_))),
            "{text}"
        );
    }
    assert!(matches!(
        AgentFrame::decode(r#"{"type":7}"#),
        Err(FrameError::Nameless { field: "type" })
    ));
    assert!(matches!(
        RelayFrame::decode("{}"),
        Err(FrameError::Nameless { field: "event" })
    ));
    for (text, wrong) in [
        (r#"{"type":"job_ack"}"#, "job_id"),
        (r#"{"type":"job_ack","job_id":7}"#, "job_id"),
        (r#"{"type":"job_update","job_id":"a","state":"lost"}"#, "state"),
        (
            r#"{"type":"job_update","job_id":"a","state":"held","attempt":-1}"#,
            "attempt",
        ),
        (
            r#"{"type":"job_update","job_id":"a","state":"held","at":"soon"}"#,
            "at",
        ),
        (
            r#"{"type":"register_device","data":{"device_id":"d","role":"bar"}}"#,
            "agent",
        ),
    ] {
        let Err(FrameError::Body { field, .. }) = AgentFrame::decode(text) else {
            panic!("took {text}")
        };
        assert_eq!(field, wrong, "{text}");
    }
    let ping = r#"{"event":"ping","data":{}}"#;
    assert!(matches!(
        RelayFrame::decode(ping),
        Err(FrameError::Body { field: "now", .. })
    ));
}

#[test]
fn an_unreadable_job_is_told_apart_and_named() {
    let text = r#"{"event":"kitchen_immediate_print","data":{"job":{"id":"0193-a","kind":"hologram"}}}"#;
    let Err(FrameError::Offer { job_id, .. }) = RelayFrame::decode(text) else {
        panic!("took it")
    };
    assert_eq!(job_id, Some(id()));
}

#[test]
fn a_frame_over_the_limit_is_refused_before_it_is_parsed() {
    let long = " ".repeat(MAX_FRAME_BYTES + 1);
    assert!(matches!(
        AgentFrame::decode(&long),
        Err(FrameError::TooLong { .. })
    ));
    assert!(matches!(
        RelayFrame::decode(&long),
        Err(FrameError::TooLong { .. })
    ));
    let fits = format!(r#"{{"type":"pong"{}}}"#, " ".repeat(MAX_FRAME_BYTES - 15));
    assert_eq!(fits.len(), MAX_FRAME_BYTES);
    assert_eq!(AgentFrame::decode(&fits).unwrap(), AgentFrame::Pong);
}
