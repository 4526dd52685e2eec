-- The bins of every numeric trait, in ascending order. A value is in the last bin whose `low` it reaches.
select *
from (
    values
        ('longer side', 1, 'under 128', 0), ('longer side', 2, '128–255', 128), ('longer side', 3, '256–383', 256),
        ('longer side', 4, '384–511', 384), ('longer side', 5, '512–767', 512), ('longer side', 6, '768–1023', 768),
        ('longer side', 7, '1024–1535', 1024), ('longer side', 8, '1536–2047', 1536), ('longer side', 9, '2048–4095', 2048),
        ('longer side', 10, '4096 or more', 4096),

        ('file size', 1, 'under 16 kB', 0), ('file size', 2, '16–32 kB', 16e3), ('file size', 3, '32–64 kB', 32e3),
        ('file size', 4, '64–128 kB', 64e3), ('file size', 5, '128–256 kB', 128e3), ('file size', 6, '256–512 kB', 256e3),
        ('file size', 7, '0.5–1 MB', 512e3), ('file size', 8, '1–2 MB', 1e6), ('file size', 9, '2–4 MB', 2e6),
        ('file size', 10, '4 MB or more', 4e6),

        ('JPEG quality', 1, 'under 50', 0), ('JPEG quality', 2, '50–59', 50), ('JPEG quality', 3, '60–69', 60),
        ('JPEG quality', 4, '70–74', 70), ('JPEG quality', 5, '75–79', 75), ('JPEG quality', 6, '80–84', 80),
        ('JPEG quality', 7, '85–89', 85), ('JPEG quality', 8, '90–94', 90), ('JPEG quality', 9, '95–97', 95),
        ('JPEG quality', 10, '98–100', 98),

        -- Width to height, named after the nearest usual ratio. Bounds are geometric means of neighbours.
        ('aspect', 1, '1:2 or taller', 0), ('aspect', 2, '9:16', 0.530), ('aspect', 3, '2:3', 0.612),
        ('aspect', 4, '3:4', 0.707), ('aspect', 5, '4:5', 0.775), ('aspect', 6, '1:1', 0.894),
        ('aspect', 7, '5:4', 1.118), ('aspect', 8, '4:3', 1.291), ('aspect', 9, '3:2', 1.414),
        ('aspect', 10, '16:9', 1.633), ('aspect', 11, '2:1 or wider', 1.886)
) as trait_bin(trait, bin_number, bin, low)
