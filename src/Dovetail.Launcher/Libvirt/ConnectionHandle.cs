using System.Runtime.InteropServices;

namespace Dovetail.Launcher.Libvirt;

/// <summary>A virConnectPtr. Its release waits for the calls that are under way on other threads.</summary>
internal sealed class ConnectionHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => Native.virConnectClose(handle) >= 0;
}
