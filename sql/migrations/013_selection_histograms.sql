-- Schema version 12 -> 13: the distribution of matched columns before and after matching.
-- The bins of each column that a selection was matched on: images before and after matching.
create table selection_histogram (
    name         varchar not null,
    trait        varchar not null,
    position     bigint not null,          -- of the bin: ascending numbers, or names in order
    bin          varchar not null,
    fakes_before bigint not null,
    reals_before bigint not null,          -- candidates
    fakes_after  bigint not null,
    reals_after  bigint not null
);
