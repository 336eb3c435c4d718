//! The files in a zip archive (APPNOTE.TXT 6.3.10): each can be an input, named `day.zip:trades/a.csv`.
//!
//! Only files that are stored, or compressed with deflate, are read: these are what archives of data contain.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use zip::read::{ZipArchiveMetadata, ZipFile, ZipReadOptions};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::identity::Identity;
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

/// The directories of zip archives. Each is read once, however many files of the archive are inputs; clones share what
/// was read.
#[derive(Debug, Clone, Default)]
pub struct Archives(Arc<Mutex<HashMap<PathBuf, Arc<Directory>>>>);

/// The directory of an archive in one state of its file.
#[derive(Debug)]
struct Directory {
    identity: Identity,
    entries: Arc<ZipArchiveMetadata>,
    /// The index of each file.
    indexes: HashMap<String, usize>,
}

/// A file of an archive, in the archive's directory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    directory: Arc<Directory>,
    index: usize,
}

impl Archives {
    /// The file `name` of the archive `file`, which was opened at `path` and is in the state `identity`.
    ///
    /// # Errors
    /// The archive cannot be read, is damaged or lacks the file.
    pub(super) fn entry(&self, path: &Path, file: File, identity: Identity, name: &str) -> io::Result<Entry> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = known.get(path).filter(|read| read.identity == identity);
        let directory = match read {
            Some(read) => Arc::clone(read),
            None => {
                let read = Arc::new(Directory::read(file, identity)?);
                known.insert(path.to_owned(), Arc::clone(&read));
                read
            }
        };
        let index = *directory.indexes.get(name).ok_or(ErrorKind::NotFound)?;
        Ok(Entry { directory, index })
    }
}

impl Directory {
    fn read(file: File, identity: Identity) -> io::Result<Directory> {
        let archive = ZipArchive::new(BufReader::new(file)).map_err(cause)?;
        let mut indexes = HashMap::with_capacity(archive.len());
        for (index, name) in archive.file_names().enumerate() {
            indexes.insert(name.map_err(cause)?.into_owned(), index);
        }
        Ok(Directory {
            identity,
            entries: archive.metadata(),
            indexes,
        })
    }
}

impl Entry {
    /// Its compressed size in bytes.
    pub(super) fn compressed_size(&self) -> io::Result<u64> {
        let entry = self.directory.entries.entry(self.index).map_err(cause)?;
        Ok(entry.compressed_size())
    }

    /// Decompresses it from the bytes of its archive with `read`.
    ///
    /// # Errors
    /// The archive is damaged, or `read` fails.
    pub(super) fn read<Bytes: Read + Seek>(
        &self,
        archive: Bytes,
        read: impl FnOnce(&mut dyn Read) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut archive = BufReader::with_capacity(64 << 10, archive);
        let entry = self.directory.entries.entry(self.index).map_err(cause)?;
        let mut file = entry
            .with_reader(&mut archive, ZipReadOptions::new())
            .map_err(cause)?;
        read(&mut file)
    }
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
