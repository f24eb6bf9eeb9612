#!/bin/sh
# Runs inside a private root: a screen without a monitor, a window manager, and GIMP in a window.
# $1 is GIMP's minor version; the rest is the code for its Python interpreter.
set -eu
# Screens share one namespace with all others on this machine, so the number is one of our own.
export DISPLAY=":$((TEST_PORT - 30000))" NO_AT_BRIDGE="${TEST_NO_AT_BRIDGE-1}" XDG_RUNTIME_DIR=/tmp
mkdir -p "$HOME/.config/GIMP/$1"
cat > "$HOME/.config/GIMP/$1/gimprc" <<EOF
(show-welcome-dialog no)
(color-profile-policy keep)
(check-updates no)
(config-version "$("gimp-$1" --version | sed 's/.* //')")
${TEST_GIMPRC:-}
EOF
Xvfb "$DISPLAY" -screen 0 "${TEST_SCREEN:-1280x900}x24" -nolisten tcp -nolisten local &
while ! xdotool getdisplaygeometry >/dev/null 2>&1; do sleep 0.1; done
openbox &
exec dbus-run-session -- "gimp-$1" -n --batch-interpreter=python-fu-eval -b "$2" --quit
