-- Schema version 8 -> 9: how well matching real images to fakes succeeded.
-- The bins of a matched selection, per split: images before and after matching.
create table selection_bin (
    name       varchar not null,
    split      varchar not null,
    bin        varchar not null,           -- the bins of all columns, in the recipe's order
    fakes      bigint not null,            -- before matching
    candidates bigint not null,            -- real images that the split could take, whatever other splits take
    matched    bigint not null,            -- fakes that are kept
    nearest    bigint not null,            -- of these, with a real image of another bin
    reals      bigint not null             -- real images of this bin in the split, after matching
);

-- The columns that a selection was matched on: differences between fakes and real images before and after.
create table selection_trait (
    name             varchar not null,
    trait            varchar not null,
    bins             varchar not null,     -- how it was divided
    smd_before       double,               -- standardised mean difference; null for texts
    smd_after        double,
    imbalance_before double,               -- half the sum of differences between shares of bins: 0 equal, 1 disjoint
    imbalance_after  double
);

-- How well metadata predict the label of a matched selection, before matching and after (balanced accuracy).
create table selection_shortcut (
    name              varchar not null,
    trait             varchar not null,
    before            double,
    after             double,
    chance            double not null
);
