//! Passwords that were encrypted: what gives the password back is the way in which it was done.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use md5::Md5;
use sha2::{Digest, Sha256};

use super::recipe::Salt;
use super::spelling::{unbase64, unhex};
use super::targets::{pieces, readings};

type Block = [u8; 16];

/// The cipher, mode and key that give this password back from a cell: `AES-256-CBC, key from JWT_SECRET`. `others`
/// are values beside it, of which one may be the start of the cipher.
pub(crate) fn decrypted(
    password: &str,
    cell: &str,
    keys: &[Salt],
    others: &[Salt],
) -> Option<String> {
    let secret = password.as_bytes();
    let blobs: Vec<Vec<u8>> = pieces(cell).iter().flat_map(|p| readings(p)).collect();
    let long = |blob: &&Vec<u8>| blob.len() >= secret.len();
    let starts: Vec<&[u8]> = blobs
        .iter()
        .chain(others.iter().map(|o| &o.bytes))
        .filter(|b| matches!(b.len(), 12 | 16))
        .map(Vec::as_slice)
        .collect();
    let texts: Vec<Text> = blobs
        .iter()
        .filter(long)
        .flat_map(|b| layouts(b, &starts))
        .collect();
    keys.iter().find_map(|key| {
        if blobs.iter().any(|blob| xored(secret, blob, &key.bytes)) {
            return Some(format!("XOR with {}", key.name));
        }
        made_of(&key.bytes).into_iter().find_map(|(bytes, how)| {
            let aes = Aes::new(&bytes)?;
            let fits = |t: &&Text| MODES.into_iter().find(|mode| aes.gives(*mode, t, secret));
            let mode = texts.iter().find_map(|t| fits(&t))?;
            let (bits, mode) = (bytes.len() * 8, format!("{mode:?}").to_uppercase());
            Some(format!("AES-{bits}-{mode}, key {how} {}", key.name))
        })
    })
}

/// What is encrypted, and what it starts with.
struct Text {
    start: Block,
    /// Whether the start had the 12 bytes that GCM takes.
    short: bool,
    bytes: Vec<u8>,
}

/// Where in these bytes the start may stand, and where what is encrypted.
fn layouts(blob: &[u8], starts: &[&[u8]]) -> Vec<Text> {
    let text = |start: &[u8], bytes: &[u8]| {
        let mut block = [0; 16];
        block[..start.len()].copy_from_slice(start);
        Text {
            start: block,
            short: start.len() == 12,
            bytes: bytes.to_vec(),
        }
    };
    let mut all = vec![text(&[0; 16], blob), text(&[0; 12], blob)];
    all.extend(starts.iter().map(|start| text(start, blob)));
    for length in [12, 16] {
        if let (Some(start), Some(rest)) = (blob.get(..length), blob.get(length..)) {
            all.push(text(start, rest));
            // With the tag of GCM between the two.
            all.extend(rest.get(16..).map(|rest| text(start, rest)));
        }
    }
    // Fernet: a version, a time, the start, the text, a MAC.
    if blob.first() == Some(&0x80) && blob.len() >= 73 {
        all.push(text(&blob[9..25], &blob[25..blob.len() - 32]));
    }
    all
}

#[derive(Debug, Clone, Copy)]
enum Mode {
    Cbc,
    Gcm,
    Ctr,
    Ecb,
    Cfb,
}

const MODES: [Mode; 5] = [Mode::Cbc, Mode::Gcm, Mode::Ctr, Mode::Ecb, Mode::Cfb];

enum Aes {
    Short(Aes128),
    Middle(Aes192),
    Long(Aes256),
}

impl Aes {
    fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128::new_from_slice(key).ok().map(Self::Short),
            24 => Aes192::new_from_slice(key).ok().map(Self::Middle),
            32 => Aes256::new_from_slice(key).ok().map(Self::Long),
            _ => None,
        }
    }

    fn encrypt(&self, block: Block) -> Block {
        let mut block = Array::from(block);
        match self {
            Self::Short(aes) => aes.encrypt_block(&mut block),
            Self::Middle(aes) => aes.encrypt_block(&mut block),
            Self::Long(aes) => aes.encrypt_block(&mut block),
        }
        block.into()
    }

    fn decrypt(&self, block: Block) -> Block {
        let mut block = Array::from(block);
        match self {
            Self::Short(aes) => aes.decrypt_block(&mut block),
            Self::Middle(aes) => aes.decrypt_block(&mut block),
            Self::Long(aes) => aes.decrypt_block(&mut block),
        }
        block.into()
    }

    /// Whether this mode gives a text with the secret in it (NIST SP 800-38A; of GCM only its counter).
    fn gives(&self, mode: Mode, text: &Text, secret: &[u8]) -> bool {
        if text.short != matches!(mode, Mode::Gcm) {
            return false;
        }
        let mut counter = u128::from_be_bytes(text.start);
        if matches!(mode, Mode::Gcm) {
            counter += 2;
        }
        let (mut last, mut plain) = (text.start, Vec::new());
        for chunk in text.bytes.chunks(16) {
            let mut block = [0; 16];
            block[..chunk.len()].copy_from_slice(chunk);
            let opened = match mode {
                Mode::Cbc => xor(self.decrypt(block), last),
                Mode::Ecb => self.decrypt(block),
                Mode::Cfb => xor(self.encrypt(last), block),
                Mode::Ctr | Mode::Gcm => xor(self.encrypt(counter.to_be_bytes()), block),
            };
            (last, counter) = (block, counter.wrapping_add(1));
            plain.extend(opened);
        }
        plain.windows(secret.len().max(1)).any(|w| w == secret)
    }
}

fn xor(a: Block, b: Block) -> Block {
    std::array::from_fn(|i| a[i] ^ b[i])
}

/// Whether these bytes are the secret under a key that is repeated.
fn xored(secret: &[u8], blob: &[u8], key: &[u8]) -> bool {
    let ways = [key.to_vec(), Sha256::digest(key).to_vec()];
    let fits = |key: &Vec<u8>| {
        let mut stream = secret.iter().zip(key.iter().cycle());
        !key.is_empty() && stream.by_ref().zip(blob).all(|((s, k), b)| s ^ k == *b)
    };
    // Of the key alone every byte would do.
    blob.len() == secret.len() && ways.iter().any(fits)
}

/// The keys that people make of a secret, each with how.
fn made_of(secret: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let mut all = Vec::new();
    for length in [32, 24, 16] {
        let mut key = secret.to_vec();
        key.resize(length, 0);
        all.push((key, "from"));
    }
    let digest = Sha256::digest(secret).to_vec();
    all.extend([
        (digest[16..].to_vec(), "from the SHA-256 of"),
        (digest[..16].to_vec(), "from the SHA-256 of"),
        (digest, "from the SHA-256 of"),
        (Md5::digest(secret).to_vec(), "from the MD5 of"),
    ]);
    let text = std::str::from_utf8(secret).unwrap_or_default();
    for bytes in unhex(text).into_iter().chain(unbase64(text)) {
        // The second half of its 32 bytes is what Fernet encrypts with.
        all.extend(
            bytes
                .get(16..32)
                .map(|half| (half.to_vec(), "decoded from")),
        );
        all.push((bytes, "decoded from"));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::passwords::spelling::hex;

    const PASSWORD: &str = "Zq-1a2b3c4d-Kestrel-7";

    fn key(text: &str) -> Salt {
        Salt {
            name: "THE_KEY".into(),
            bytes: text.into(),
        }
    }

    fn proven(cell: &str, secret: &str) -> Option<String> {
        decrypted(PASSWORD, cell, &[key("another"), key(secret)], &[])
    }

    #[test]
    fn a_password_is_given_back_by_the_key_that_hid_it() {
        let secret = "0123456789abcdef0123456789abcdef";
        let aes = Aes::new(secret.as_bytes()).unwrap();
        let start = [7; 16];
        let (mut last, mut text) = (start, Vec::new());
        let mut padded = PASSWORD.as_bytes().to_vec();
        padded.resize(32, 11);
        for chunk in padded.chunks(16) {
            last = aes.encrypt(xor(chunk.try_into().unwrap(), last));
            text.extend(last);
        }
        let words = "AES-256-CBC, key from THE_KEY";
        let parted = format!("{}:{}", hex(&start), hex(&text));
        assert_eq!(proven(&parted, secret).as_deref(), Some(words));
        let joined = format!("\\x{}{}", hex(&start), hex(&text));
        assert_eq!(proven(&joined, secret).as_deref(), Some(words));
        assert_eq!(proven(&joined, "0123456789abcdef0123456789abcdeX"), None);
    }

    #[test]
    fn a_password_under_a_repeated_key_is_found() {
        let pairs = PASSWORD.bytes().zip(b"zq7".iter().cycle());
        let hidden: Vec<u8> = pairs.map(|(p, k)| p ^ k).collect();
        let words = proven(&hex(&hidden), "zq7");
        assert_eq!(words.as_deref(), Some("XOR with THE_KEY"));
        assert_eq!(proven(&hex(&hidden), "zq8"), None);
    }

    #[test]
    fn a_token_of_fernet_is_read() {
        // The specification's own example: https://github.com/fernet/spec, generate.json.
        let token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
        let found = decrypted(
            "hello",
            token,
            &[key("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=")],
            &[],
        );
        assert_eq!(
            found.as_deref(),
            Some("AES-128-CBC, key decoded from THE_KEY")
        );
    }
}
