//! `.zip`.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use zip::ZipArchive;
use zip::result::ZipError;

use super::Problem;
use super::site::Site;
use crate::model::Doing;

/// The bits of a Unix mode that say what an entry is, and those of a file, a folder and a link.
const KIND: u32 = 0o170_000;
const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;
const LINK: u32 = 0o120_000;

/// Bytes of the smallest entry of a directory.
const SMALLEST: u64 = 46;

/// Unpacks all of it.
pub(super) fn unpack(file: File, site: &mut Site<'_>) -> Result<(), Problem> {
    if signatures(&file, site)? {
        let most = site.bounds().entries;
        return Err(refused(&format!("it holds more than {most} files")));
    }
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|e| damaged(&e))?;
    if archive.has_duplicate_names() {
        return Err(refused("a name is in it twice"));
    }
    if archive.len() > site.bounds().entries {
        let most = site.bounds().entries;
        return Err(refused(&format!("it holds more than {most} files")));
    }
    if archive.has_overlapping_entries().map_err(|e| damaged(&e))? {
        return Err(refused("its files share the same bytes"));
    }
    for n in 0..archive.len() {
        let about = archive.by_index_raw(n).map_err(|e| damaged(&e))?;
        if about.encrypted() {
            return Err(refused("it is encrypted"));
        }
        let mode = about.unix_mode().unwrap_or(0);
        let is_folder = about.is_dir();
        drop(about);
        let mut entry = archive.by_index(n).map_err(|e| damaged(&e))?;
        let name = entry.name_raw().to_vec();
        match mode & KIND {
            LINK => {
                let mut target = Vec::new();
                let limit = site.bounds().path as u64 + 1;
                let read = entry.by_ref().take(limit).read_to_end(&mut target);
                read.map_err(|e| refused(&format!("a link cannot be read: {e}")))?;
                site.link(&name, &target)?;
            }
            FOLDER => site.folder(&name)?,
            0 | FILE if is_folder => site.folder(&name)?,
            0 | FILE => site.file(&name, mode & 0o100 != 0, &mut entry)?,
            _ => return Err(refused("it holds a device or a pipe")),
        }
    }
    Ok(())
}

/// Whether the directory of a large archive lists more entries than can be read into memory in peace. Counted are the
/// signatures of its entries (APPNOTE 4.3.12); archives that lie in it as they are have some of their own.
fn signatures(mut file: &File, site: &Site<'_>) -> Result<bool, Problem> {
    let doing = "reading an archive";
    let most = 2 * site.bounds().entries as u64;
    if file.metadata().doing(doing)?.len() / SMALLEST < most {
        return Ok(false);
    }
    let (mut last, mut found) = (0_u32, 0);
    for byte in BufReader::new(file).bytes() {
        last = last << 8 | u32::from(byte.doing(doing)?);
        found += u64::from(last == 0x504b_0102);
    }
    file.rewind().doing(doing)?;
    Ok(found > most)
}

fn damaged(error: &ZipError) -> Problem {
    refused(&format!("it cannot be read as a zip: {error}"))
}

fn refused(why: &str) -> Problem {
    Problem::Refused(format!("the archive is not unpacked: {why}"))
}
