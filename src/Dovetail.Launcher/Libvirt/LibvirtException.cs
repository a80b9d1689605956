namespace Dovetail.Launcher.Libvirt;

/// <summary>A call of libvirt failed; the message is libvirt's.</summary>
internal sealed class LibvirtException(string message) : Exception(message)
{
    /// <summary>With the error that libvirt keeps for the calling thread.</summary>
    public static LibvirtException Last(string call)
    {
        var message = System.Runtime.InteropServices.Marshal.PtrToStringUTF8(Native.virGetLastErrorMessage());
        return new($"{call}: {(string.IsNullOrEmpty(message) ? "no message" : message)}");
    }
}
