-- Schema version 14 -> 15: a finer perceptual hash, which the next inspection of an image fills. Pictures without coarse
-- structure have none: their hash was 0.
alter table inspection add column phash_256 varchar;
update inspection set phash = null where phash = 0;
