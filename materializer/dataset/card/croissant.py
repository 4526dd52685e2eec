"""Croissant 1.1: the dataset as JSON-LD that other programs understand.

Source: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html. The record set ``record`` reads the record of
the build, one row per image: file_ids, splits and hashes without opening a shard. Of Parquet builds, the record set
``images`` has every image with label and texts; Croissant has no reader for Arrow streams. No date is given: equal
builds have equal files.
"""

from typing import Any

from materializer.dataset.card.facts import CardFacts, CardFile, CardUpstream
from materializer.further_columns import image_columns, text_columns
from materializer.models import Settings
from materializer.shards.formats import output_format
from materializer.shards.formats.parquet import ParquetFormat
from materializer.shards.record import ROW_SCHEMA, ROWS
from materializer.shards.schema import texts

VERSION = "http://mlcommons.org/croissant/1.1"
_RECORDS, _SHARDS = "record-of-rows", "shards"
_TYPES = {"string": "sc:Text", "int64": "sc:Integer"}

# Names that the context must define (specification, section "Namespaces").
_CROISSANT_TERMS = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileProperty",
    "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField",
    "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator", "source",
    "subField", "transform",
)  # fmt: skip


def croissant(facts: CardFacts) -> dict[str, Any]:
    """Return the dataset as one JSON-LD object."""
    has_reader = facts.settings.format == ParquetFormat.name
    return {
        "@context": _context(),
        "@type": "sc:Dataset",
        "name": facts.name,
        "description": _description(facts),
        "conformsTo": VERSION,
        "version": f"1.0.0+{facts.digests['all'][:12]}",
        "license": sorted({origin.licence for origin in facts.origins if origin.licence}) or ["unknown"],
        "citeAs": "; ".join(origin.citation for origin in facts.origins if origin.citation),
        "isBasedOn": [origin.homepage for origin in facts.origins if origin.homepage],
        **({"prov:wasDerivedFrom": [_entity(file) for file in facts.upstream]} if facts.upstream else {}),
        "distribution": [_record_files(), *_shards(facts)],
        "recordSet": [_record_set(), *([_image_set(facts.settings)] if has_reader else [])],
    }


def _context() -> dict[str, Any]:
    terms: dict[str, Any] = {name: f"cr:{name}" for name in _CROISSANT_TERMS}
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "prov": "http://www.w3.org/ns/prov#",
        "conformsTo": "dct:conformsTo",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "name": {"@container": "@language"},
        "description": {"@container": "@language"},
        **terms,
    }


def _description(facts: CardFacts) -> str:
    splits = ", ".join(f"{split} {facts.images_of(split):,}" for split in facts.splits)
    return f"{facts.images:,} images ({splits}) from {len(facts.origins)} published sources."


def _entity(file: CardUpstream) -> dict[str, Any]:
    """Return a file upstream (specification, section "Provenance Representation")."""
    kind, _, digest = file.published_hash.partition(":")
    known = {"version": file.revision, "sha256" if kind == "sha256" else "identifier": digest}
    name = f"{file.source}/{file.path.lstrip('/')}"
    entity = {"@type": "prov:Entity", "@id": f"upstream/{name}", "name": name}
    return entity | {key: value for key, value in known.items() if value}


def _record_files() -> dict[str, Any]:
    description = "One row per image: file_id, split, position, sha256 of the source and of the stored bytes."
    return _file_set(_RECORDS, description, f"{ROWS}/*.parquet", ParquetFormat.media_type)


def _shards(facts: CardFacts) -> list[dict[str, Any]]:
    """Return the shards: as files if their sha256 are known, which a file must have; else as one set per split."""
    format_ = output_format(facts.settings.format)
    description = "One row per image, as `datasets` reads it."
    files = [_file(file, format_.media_type) for file in facts.files if file.sha256]
    if len(files) < len(facts.files):
        return [_file_set(f"{_SHARDS}-{split}", description, format_.pattern(split), format_.media_type)
                for split in facts.splits]  # fmt: skip
    if format_.media_type == ParquetFormat.media_type:
        return [_file_set(_SHARDS, description, "data/*.parquet", format_.media_type), *files]
    return files


def _file_set(name: str, description: str, pattern: str, media_type: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "description": description,
        "encodingFormat": media_type,
        "includes": pattern,
    }


def _file(file: CardFile, media_type: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.size} B",
        "encodingFormat": media_type,
        "sha256": file.sha256,
    }


def _record_set() -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "record",
        "name": "record",
        "key": [{"@id": "record/split"}, {"@id": "record/file_id"}],
        "field": [_field("record", field.name, _RECORDS, _TYPES[str(field.type)]) for field in ROW_SCHEMA],
    }


def _image_set(settings: Settings) -> dict[str, Any]:
    """Return the record set of the images themselves, with label (0 real, 1 fake), texts and further columns."""
    images = [_field("images", name, _SHARDS, "sc:ImageObject") for name in ("image", *image_columns(settings.columns))]
    for image in images:
        image["source"]["transform"] = {"jsonPath": "bytes"}
    numbers = [_field("images", name, _SHARDS, "sc:Integer") for name in ("height", "width", "label")]
    named = (*texts(settings), *text_columns(settings.columns))
    words = [_field("images", name, _SHARDS, "sc:Text") for name in named]
    return {
        "@type": "cr:RecordSet",
        "@id": "images",
        "name": "images",
        "key": {"@id": "images/file_id"},
        "field": [*images, *numbers, *words],
    }


def _field(record_set: str, name: str, file_set: str, kind: str) -> dict[str, Any]:
    source = {"fileSet": {"@id": file_set}, "extract": {"column": name}}
    identity = {"@type": "cr:Field", "@id": f"{record_set}/{name}", "name": name}
    return {**identity, "dataType": kind, "source": source}
