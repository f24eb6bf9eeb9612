"""Private Debians with a GIMP 3, for the tests and for ``install.py --try`` where there is no GIMP.

``root`` gives a root that ``build`` has made and runs programs in it, apart from the machine by
``namespaces``; ``install`` installs the plug-in there as a user does, with packages from where
this machine gets them (``package_access``).  Needs root rights and a Debian.
"""
