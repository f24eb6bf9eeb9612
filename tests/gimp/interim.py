
import subprocess
SUITES={"trixie":"3.0","forky":"3.2"}
class DebianRoot:
    def __init__(self, suite, folder): self.folder=folder
    def command(self, argv, binds, env):
        s="R=$1; shift; mount -t proc proc $R/proc; mount --rbind /dev $R/dev; mount -t tmpfs tmpfs $R/tmp;"
        for h,i in binds.items(): s+=f"mkdir -p $R{i}; mount --bind {h} $R{i};"
        return ["unshare","--mount","--pid","--fork","--kill-child","bash","-c",s+' exec chroot $R env -i "$@"',"x",str(self.folder),*[f"{k}={v}" for k,v in env.items()],*argv]
