-- The shared pictures, as people read them.
select kind, part_a, image_a, part_b, image_b, images_a, images_b
from work.shared
order by kind, part_a, part_b, image_a, image_b
