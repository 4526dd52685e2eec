-- Schema version 2 -> 3: facts of images as readers show them. Images with EXIF may have other ones now, and images that
-- could not be read may be readable: both are inspected again when they are needed.
alter table inspection add column metadata_removed boolean;
alter table inspection add column outdated boolean;
update inspection
set outdated = true, width = null, height = null, pixel_hash = null, phash = null
where status = 'ok' and has_exif;
delete from inspection where status in ('truncated', 'undecodable', 'not_an_image', 'unsupported_format');
