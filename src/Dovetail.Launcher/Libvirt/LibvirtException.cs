namespace Dovetail.Launcher.Libvirt;

/// <summary>The answers of libvirt that are told apart, of virErrorNumber (virterror.h).</summary>
internal enum LibvirtError
{
    NoDomain = 42,

    /// <summary>The call is not possible in the object's present state: so a domain that is active, or being started, refuses to be started.</summary>
    OperationInvalid = 55,
}

/// <summary>A call of libvirt failed; the message is libvirt's.</summary>
internal sealed class LibvirtException(string message, LibvirtError code = 0) : Exception(message)
{
    /// <summary>Any number of libvirt's, named or not; 0 when there is none.</summary>
    public LibvirtError Code { get; } = code;

    /// <summary>With the error that libvirt keeps for the calling thread.</summary>
    public static LibvirtException Last(string call)
    {
        var message = System.Runtime.InteropServices.Marshal.PtrToStringUTF8(Native.virGetLastErrorMessage());
        return new($"{call}: {(string.IsNullOrEmpty(message) ? "no message" : message)}", (LibvirtError)Native.virGetLastErrorCode());
    }
}
