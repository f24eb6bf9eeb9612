"""JPEG files in which some blocks are written anew and all other bytes mean what they meant.

``scans`` reads and writes the coefficients, ``entropy`` is their compiled inner loops, ``huffman``
the tables, ``blocks`` turns pixels into coefficients, ``rewrite`` puts a file together.  Pillow
can only encode all pixels again, and jpeglib (the one package that gives coefficients) takes
78 MB and has no wheels for Linux or Windows on ARM.
"""
