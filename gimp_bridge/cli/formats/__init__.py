"""One module for each kind of file that is written as it was but for the repaired pixels.

Each has ``problem``, why a file cannot be kept, as the end of a sentence, or "", and ``rewritten``,
the file with other pixels.  Bytes and arrays only; files are ``picture_file``'s.
"""
