"""For those who work on the project: private Debians with a GIMP, releases and translations.

The product imports nothing from here, except ``install.py --try`` in a checkout.
"""
