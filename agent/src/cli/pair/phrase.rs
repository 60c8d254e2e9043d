//! The phrase that a computer shows, and that a manager takes it in by.
//!
//! Four letters find it at the relay and four words prove it, as `XXXX-XXXXXX` does in a code that the relay makes.

/// Crockford's base 32, as the relay reads codes.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters that find it: one in a million of the phrases that are waiting.
const LETTERS: usize = 4;

/// Words that prove it: 32 bits, of which the relay lets five wrong ones be tried.
const PROOF: usize = 4;

/// Random bytes that a phrase takes.
pub(super) const RANDOM: usize = LETTERS + PROOF;

/// 256 words that a cook can say over a telephone: short, plain, none like another.
const WORDS: &str = "acorn album alder amber anchor angle apple apron arrow atlas autumn bacon badge baker bamboo banana \
basil basket beach beaver bell berry birch bison blanket bonfire bottle branch bread breeze brick bridge bronze brush \
bucket butter button cabin cactus camel camera candle canoe canyon captain carbon cargo carpet carrot castle cedar \
celery cement cherry chimney cinema circus clover cobalt coconut comet copper coral corner cotton cradle crane crayon \
cricket crystal curtain cushion daisy dancer denim desert dolphin donkey dragon drawer drum eagle easel echo \
elbow ember engine falcon feather fender ferry fiddle finger flame flute forest fossil fountain fox frost garden \
garlic garnet ginger giraffe glacier glove goblet granite grape gravel guitar hammer hammock harbor harvest hazel \
helmet heron hickory honey horizon hornet igloo indigo iron island ivory jacket jasmine jelly jigsaw jungle juniper \
kayak kernel kettle kitten ladder lagoon lantern lavender lemon lentil library lizard lobster locket magnet mango \
maple marble market meadow melon mirror mitten monkey mosaic motor mountain mushroom mustard napkin nectar needle \
nickel noodle nutmeg oasis oatmeal ocean olive onion orange orbit orchard otter oven oyster paddle palace panda paper \
parrot peach pebble pelican pencil pepper piano pickle pigeon pillow pilot planet plum pocket poplar potato prairie \
pumpkin puzzle quartz quilt rabbit radar radish rainbow raven ribbon river robin rocket saddle saffron salmon sandal \
sapphire scarf shadow silver sparrow spider spinach squirrel stable summer sunset tango teapot thunder \
tiger timber tomato trumpet tulip tunnel turtle umbrella valley vanilla velvet village violin volcano waffle walnut \
walrus whistle willow window winter yogurt zebra zipper";

/// A phrase of these random bytes, such as `7K3M-maple-river-otter-tulip`.
pub(super) fn phrase(random: [u8; RANDOM]) -> String {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let (letters, proof) = random.split_at(LETTERS);
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).copied().map(char::from);
    let letters: String = letters.iter().filter_map(letter).collect();
    let proof = proof
        .iter()
        .filter_map(|byte| words.get(usize::from(*byte)).copied());
    std::iter::once(letters.as_str())
        .chain(proof)
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// As the relay reads what people type.
    fn normal(text: &str) -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters
            .map(|letter| match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                letter => letter,
            })
            .collect()
    }

    #[test]
    fn every_byte_has_a_word_of_its_own_that_survives_being_typed() {
        let words: BTreeSet<String> = WORDS.split_whitespace().map(normal).collect();
        assert_eq!(words.len(), 256, "{words:?}");
        assert_eq!(WORDS.split_whitespace().count(), 256);
    }

    #[test]
    fn a_phrase_is_four_letters_and_four_words() {
        let shown = phrase([0, 33, 31, 10, 0, 1, 2, 255]);
        assert_eq!(shown, "01ZA-acorn-album-alder-zipper");
    }
}
