using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace Dovetail.Launcher.Libvirt;

/// <summary>The part of libvirt's C API that a launcher needs. Pointers are libvirt's reference-counted objects; numbers are those of libvirt-domain.h.</summary>
internal static unsafe partial class Native
{
    public const int EventLifecycle = 0;
    public const int EventAgentLifecycle = 18;

    /// <summary>virDomainShutdownFlagValues: the ACPI power button.</summary>
    public const uint ShutdownAcpi = 1;

    public const uint RebootAcpi = 1;
    public const uint RebootAgent = 2;

    /// <summary>virDomainCreateFlags: leave the vCPUs stopped.</summary>
    public const uint StartPaused = 1;

    private const string Lib = "libvirt.so.0";
    private const string QemuLib = "libvirt-qemu.so.0";

    [LibraryImport(Lib)]
    public static partial int virInitialize();

    [LibraryImport(Lib)]
    public static partial nint virGetLastErrorMessage();

    [LibraryImport(Lib)]
    public static partial int virGetLastErrorCode();

    [LibraryImport(Lib)]
    public static partial void virSetErrorFunc(nint data, delegate* unmanaged[Cdecl]<nint, nint, void> handler);

    [LibraryImport(Lib)]
    public static partial int virEventRegisterDefaultImpl();

    [LibraryImport(Lib)]
    public static partial int virEventRunDefaultImpl();

    [LibraryImport(Lib, StringMarshalling = StringMarshalling.Utf8)]
    public static partial ConnectionHandle virConnectOpen(string uri);

    [LibraryImport(Lib)]
    public static partial int virConnectClose(nint connection);

    [LibraryImport(Lib)]
    public static partial int virConnectRegisterCloseCallback(ConnectionHandle connection, delegate* unmanaged[Cdecl]<nint, int, nint, void> callback, nint data, nint free);

    [LibraryImport(Lib)]
    public static partial int virConnectUnregisterCloseCallback(ConnectionHandle connection, delegate* unmanaged[Cdecl]<nint, int, nint, void> callback);

    [LibraryImport(Lib)]
    public static partial int virConnectDomainEventRegisterAny(ConnectionHandle connection, nint domain, int eventId, nint callback, nint data, nint free);

    [LibraryImport(Lib)]
    public static partial int virConnectDomainEventDeregisterAny(ConnectionHandle connection, int callbackId);

    /// <summary>1 while the connection to libvirtd is open; asks nobody.</summary>
    [LibraryImport(Lib)]
    public static partial int virConnectIsAlive(ConnectionHandle connection);

    [LibraryImport(Lib, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint virDomainCreateXML(ConnectionHandle connection, string xml, uint flags);

    [LibraryImport(Lib, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint virDomainLookupByName(ConnectionHandle connection, string name);

    [LibraryImport(Lib)]
    public static partial int virDomainFree(nint domain);

    [LibraryImport(Lib)]
    public static partial int virDomainDestroy(nint domain);

    [LibraryImport(Lib)]
    public static partial int virDomainShutdownFlags(nint domain, uint flags);

    [LibraryImport(Lib)]
    public static partial int virDomainReboot(nint domain, uint flags);

    [LibraryImport(Lib)]
    public static partial int virDomainReset(nint domain, uint flags);

    [LibraryImport(Lib)]
    public static partial int virDomainSuspend(nint domain);

    [LibraryImport(Lib)]
    public static partial int virDomainResume(nint domain);

    [LibraryImport(Lib)]
    public static partial int virDomainGetState(nint domain, out int state, out int reason, uint flags);

    /// <summary>A malloc'ed string that the caller frees.</summary>
    [LibraryImport(Lib)]
    public static partial nint virDomainGetXMLDesc(nint domain, uint flags);

    /// <summary>A malloc'ed string that the caller frees.</summary>
    [LibraryImport(QemuLib, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint virDomainQemuAgentCommand(nint domain, string command, int timeoutSeconds, uint flags);

    public static string? TakeString(nint allocated)
    {
        if (allocated == 0) return null;
        try
        {
            return Utf8StringMarshaller.ConvertToManaged((byte*)allocated);
        }
        finally
        {
            NativeMemory.Free((void*)allocated);
        }
    }
}
