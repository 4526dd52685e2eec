-- Schema version 5 -> 6: traits of image files. They stay null until the image is inspected again: an audit marks the
-- images that it needs.
alter table inspection add column software varchar;
alter table inspection add column camera_make varchar;
alter table inspection add column text_keys varchar;
alter table inspection add column source_type varchar;
alter table inspection add column icc_profile varchar;
alter table inspection add column has_xmp boolean;
alter table inspection add column has_c2pa boolean;
alter table inspection add column has_comment boolean;
alter table inspection add column has_alpha boolean;
alter table inspection add column bit_depth integer;
alter table inspection add column subsampling varchar;
alter table inspection add column is_progressive boolean;
alter table inspection add column is_interlaced boolean;
alter table inspection add column encoder varchar;
