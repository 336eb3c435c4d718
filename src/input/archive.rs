//! The files in a zip archive (APPNOTE.TXT 6.3.10): each can be an input, named `day.zip:trades/a.csv`.
//!
//! Only files that are stored, or compressed with deflate, are read: these are what archives of data contain.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::location::RawBytes;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberFile {
    /// Its path within the archive.
    pub(crate) name: String,
    /// Why it cannot be read, if it cannot.
    pub(crate) obstacle: Option<Obstacle>,
}

/// Why a file in an archive cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    Encrypted,
    /// It is compressed with another method than deflate.
    Method(CompressionMethod),
}

/// Divides `day.zip:trades/a.csv` into the path of an archive and what is named in it; none if `argument` does not name
/// an archive that exists, or is itself the name of a file.
pub(crate) fn divided(argument: &OsStr) -> Option<(PathBuf, &OsStr)> {
    const EXTENSION: &[u8] = b".zip:";
    let bytes = argument.as_bytes();
    let is_colon = |at: &usize| bytes[*at..*at + EXTENSION.len()].eq_ignore_ascii_case(EXTENSION);
    let last = bytes.len().checked_sub(EXTENSION.len())?;
    if Path::new(argument).symlink_metadata().is_ok() {
        return None;
    }
    let mut places = (0..=last).filter(is_colon).map(|at| at + EXTENSION.len());
    places.find_map(|at| {
        let archive = Path::new(OsStr::from_bytes(&bytes[..at - 1]));
        let named = OsStr::from_bytes(&bytes[at..]);
        (archive.is_file() && !named.is_empty()).then(|| (archive.to_owned(), named))
    })
}

/// The files in the archive at `path`, in the order of its directory.
///
/// # Errors
/// It cannot be read, or is not a whole zip archive.
pub(crate) fn members(path: &Path) -> io::Result<Vec<MemberFile>> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(cause)?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(cause)?;
        if file.is_file() {
            files.push(MemberFile {
                name: file.name().map_err(cause)?.into_owned(),
                obstacle: obstacle(&file),
            });
        }
    }
    Ok(files)
}

fn obstacle<R: Read>(file: &ZipFile<'_, R>) -> Option<Obstacle> {
    match file.compression() {
        _ if file.encrypted() => Some(Obstacle::Encrypted),
        CompressionMethod::Stored | CompressionMethod::Deflated => None,
        other => Some(Obstacle::Method(other)),
    }
}

/// The compressed size in bytes of a file in the archive.
///
/// # Errors
/// See [`members`]; or the archive does not have this file.
pub(super) fn compressed_size(archive: File, name: &str) -> io::Result<u64> {
    let mut archive = ZipArchive::new(BufReader::new(archive)).map_err(cause)?;
    let index = archive.index_for_name(name).ok_or(ErrorKind::NotFound)?;
    Ok(archive.by_index_raw(index).map_err(cause)?.compressed_size())
}

/// Reads the file `name` of an archive of `length` bytes with `read`.
///
/// # Errors
/// The archive is damaged or lacks the file, or `read` fails.
pub(super) fn read_member<Bytes: Read + Seek>(
    archive: Bytes,
    name: &str,
    read: impl FnOnce(&mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let mut archive = ZipArchive::new(BufReader::with_capacity(64 << 10, archive)).map_err(cause)?;
    let mut file = archive.by_name(name).map_err(cause)?;
    read(&mut file)
}

/// An archive's own bytes, with a position.
pub(super) struct Positioned<'a> {
    raw: &'a mut RawBytes,
    at: u64,
    length: u64,
}

impl<'a> Positioned<'a> {
    /// `raw` is at its start and has `length` bytes.
    pub(super) fn new(raw: &'a mut RawBytes, length: u64) -> Positioned<'a> {
        Positioned { raw, at: 0, length }
    }
}

impl Read for Positioned<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.raw.read(room)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Positioned<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(to) => Some(to),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = to.ok_or(ErrorKind::InvalidInput)?;
        self.raw.seek(self.at)?;
        Ok(self.at)
    }
}

fn cause(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        other => io::Error::new(ErrorKind::InvalidData, other.to_string()),
    }
}
