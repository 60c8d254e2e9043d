//! Scripts of the world, dot for dot. `UPDATE_GOLDEN=1` draws the images anew; look at them before committing.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests read files, and fail by panicking"
)]

mod dots;

use dots::dots;
use escpos_templates::{Options, Renderer};

/// Name and text of what the crate's own fonts can draw.
const OWN: [(&str, &str); 5] = [
    (
        "latin",
        "|Crème brûlée, jalapeño, smørrebrød\n|Český žluťoučký kůň, ăâîșț, őű, ğışç",
    ),
    ("thai", "|ผัดไทยกุ้งสด ไม่ใส่ถั่ว | 2\n|^^น้ำ ที่ ก็ ปี่"),
    ("arabic", "|بدون بصل من فضلك ١٢\n|\"شاي بالنعناع\" `حار`"),
    ("hebrew", "|ללא בצל בבקשה 12\n|סלט with בצל"),
    ("devanagari", "|बिना प्याज के पनीर टिक्का\n|^^^मिर्च क्षत्रिय"),
];

/// What needs the fonts that the oracle suite installs.
const OTHERS: [(&str, &str); 4] = [
    ("chinese", "|宫保鸡丁 不要辣 | 38.00\n|^^^麻婆豆腐"),
    ("japanese", "|寿司 一人前 わさび抜き | ¥1200\n|`カタカナ`"),
    ("korean", "|비빔밥 고추장 조금 | 9,000\n|\"김치찌개\""),
    ("emoji", "|Pizza 🍕 beer 🍺 hot 🔥"),
];

const FONTS: [&str; 2] = [
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
];

fn check(renderer: &Renderer, name: &str, source: &str) {
    let ticket = renderer.render_markup(source, &Options::new(renderer.profile("generic-80").unwrap()));
    assert!(
        ticket.report().missing.is_empty(),
        "{name}: {:?}",
        ticket.report()
    );
    let path = format!("{}/tests/golden/{name}.png", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, ticket.png()).unwrap();
    }
    assert!(
        dots(&ticket.png()) == dots(&std::fs::read(&path).unwrap()),
        "{name} looks different from {path}"
    );
}

#[test]
fn f4_latin_thai_arabic_hebrew_and_devanagari_look_as_they_did() {
    OWN.iter()
        .for_each(|(name, source)| check(&Renderer::builtin(), name, source));
}

#[test]
#[ignore = "it needs what ci.sh installs"]
fn f4_chinese_japanese_korean_and_emoji_look_as_they_did() {
    let builder = FONTS.iter().fold(Renderer::builder(), |b, font| {
        b.with_font(std::fs::read(font).unwrap())
    });
    let renderer = builder.build();
    OTHERS
        .iter()
        .for_each(|(name, source)| check(&renderer, name, source));
}

#[test]
fn f4_what_no_font_has_is_noticed_and_an_emoji_becomes_its_name() {
    let renderer = Renderer::builtin();
    let ticket = renderer.render_markup("|寿司 🍕", &Options::new(renderer.profile("generic-80").unwrap()));
    assert!(ticket.text().contains("[pizza]"), "{}", ticket.text());
    let missing = &ticket.report().missing;
    assert_eq!((missing[&'寿'].count, missing[&'寿'].instead.as_str()), (1, "?"));
    assert_eq!(missing[&'🍕'].instead, "[pizza]");
}
