//! Chinese, Japanese and Korean as pictures of rows: an OCR program reads our paper at least as well as an image that
//! another program drew with the same font and size.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing
)]

mod through;

use escpos_templates::{Options, Renderer};
use through::through;

const FONT: &str = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc";

/// Language of the OCR program, and dishes.
const DISHES: [(&str, [&str; 6]); 3] = [
    (
        "chi_sim",
        [
            "宫保鸡丁",
            "麻婆豆腐",
            "红烧牛肉面",
            "清蒸鲈鱼",
            "蒜蓉西兰花",
            "不要辣椒",
        ],
    ),
    (
        "jpn",
        [
            "寿司一人前",
            "天ぷら定食",
            "焼き鳥",
            "味噌汁",
            "わさび抜き",
            "カレーライス",
        ],
    ),
    (
        "kor",
        [
            "김치찌개",
            "비빔밥",
            "불고기",
            "된장찌개",
            "고추장 조금",
            "물냉면",
        ],
    ),
];

#[test]
#[ignore = "it needs what ci.sh installs"]
fn chinese_japanese_and_korean_rows_read_at_least_as_well_as_an_image_of_the_same_font() {
    let renderer = Renderer::builder()
        .with_font(std::fs::read(FONT).unwrap())
        .build();
    let options = Options::new(renderer.profile("generic-80").unwrap());
    for (language, dishes) in DISHES {
        let source: String = dishes.iter().map(|dish| format!("|^^^{dish}\n\n\n")).collect();
        let ticket = renderer.render_markup(&format!("\n\n{source}"), &options);
        assert!(ticket.report().is_clean(), "{:?}", ticket.report());
        let ours = score(language, &ticket.png(), &dishes);
        let theirs = score(language, &another(&dishes), &dishes);
        let all = dishes.concat().chars().filter(|c| !c.is_whitespace()).count();
        assert!(
            ours >= theirs,
            "{language}: {ours} of {all} on our paper, {theirs} in the image"
        );
        assert!(
            theirs * 2 > all,
            "{language}: the image is no measure, {theirs} of {all}"
        );
    }
}

/// The same lines by Pillow, as large as letters of double size: two columns of 24 dots.
fn another(dishes: &[&str]) -> Vec<u8> {
    let folder = std::env::var("PRINTRAIL_DECODERS").expect("PRINTRAIL_DECODERS is set");
    let lines: Vec<String> = dishes.iter().map(|dish| format!("{dish}\n")).collect();
    through(
        &format!("{folder}/draw"),
        &[FONT, "48"],
        lines.join("\n").as_bytes(),
    )
}

/// Letters that the OCR program reads, in order.
fn score(language: &str, png: &[u8], dishes: &[&str]) -> usize {
    let read = through(
        "tesseract",
        &["stdin", "stdout", "-l", language, "--psm", "6"],
        png,
    );
    let squeezed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<Vec<_>>();
    common(
        &squeezed(&String::from_utf8(read).unwrap()),
        &squeezed(&dishes.concat()),
    )
}

/// Length of the longest common subsequence.
fn common(a: &[char], b: &[char]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut corner = 0;
        for (i, y) in b.iter().enumerate() {
            let above = row[i + 1];
            row[i + 1] = if x == y { corner + 1 } else { above.max(row[i]) };
            corner = above;
        }
    }
    row[b.len()]
}
