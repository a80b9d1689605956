using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Store;

namespace Dovetail.ApiServer.Http;

/// <summary><c>/metrics</c> in the text format of Prometheus, under upstream's names where upstream has the number.</summary>
internal sealed class MetricsPage(IRevisionStore store, RequestGate gate, RequestMetrics requests, ObjectRegistry registry, CertificateRotation certificates)
{
    private volatile Action<StringBuilder>? more;

    /// <summary>Lets another part of the process write its metrics, too.</summary>
    public void Add(Action<StringBuilder> source) => more += source;

    public byte[] Render()
    {
        var text = new StringBuilder(16 * 1024);
        requests.Render(text);
        var (reads, writes) = gate.InFlight;
        Header(text, "apiserver_current_inflight_requests", "gauge", "Requests that are served now, long ones left out.");
        text.Append(CultureInfo.InvariantCulture, $"apiserver_current_inflight_requests{{request_kind=\"readOnly\"}} {reads}\napiserver_current_inflight_requests{{request_kind=\"mutating\"}} {writes}\n");
        Objects(text);
        Single(text, "dovetail_apiserver_body_bytes_inflight", "gauge", "Bytes of request bodies in memory.", gate.BytesInFlight);
        Single(text, "dovetail_store_revision", "counter", "The newest revision.", store.Current.Revision);
        Single(text, "dovetail_store_compacted_revision", "counter", "The oldest revision that can be read.", store.CompactedRevision);
        Header(text, "dovetail_certificate_expiration_timestamp_seconds", "gauge", "When the server's own certificates and their authority end, in unix seconds.");
        foreach (var (name, end) in certificates.Ends) text.Append(CultureInfo.InvariantCulture, $"dovetail_certificate_expiration_timestamp_seconds{{certificate=\"{name}\"}} {end.ToUnixTimeSeconds()}\n");
        Process(text);
        more?.Invoke(text);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Objects(StringBuilder text)
    {
        // The lines of one metric stand together, as the format demands.
        var snapshot = store.Current;
        var counted = registry.Catalog.Resources.Where(r => !r.Virtual).DistinctBy(r => r.StoreName).Select(r => (Resource: r, Count: snapshot.Count(r.StoreName))).ToArray();
        Header(text, "apiserver_storage_objects", "gauge", "Objects by resource.");
        foreach (var (resource, count) in counted) text.Append(CultureInfo.InvariantCulture, $"apiserver_storage_objects{{resource=\"{resource.StoreName}\"}} {count}\n");
        Header(text, "apiserver_resource_objects", "gauge", "Objects by resource.");
        foreach (var (resource, count) in counted) text.Append(CultureInfo.InvariantCulture, $"apiserver_resource_objects{{group=\"{resource.Group}\",resource=\"{resource.Plural}\"}} {count}\n");
    }

    private static void Process(StringBuilder text)
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        Single(text, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", Environment.WorkingSet);
        Single(text, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", self.VirtualMemorySize64);
        Single(text, "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", self.TotalProcessorTime.TotalSeconds);
        Single(text, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", new DateTimeOffset(self.StartTime).ToUnixTimeMilliseconds() / 1e3);
        Single(text, "process_open_fds", "gauge", "Number of open file descriptors.", Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        Single(text, "process_max_fds", "gauge", "Maximum number of open file descriptors.", MaxDescriptors());
        Single(text, "process_virtual_memory_max_bytes", "gauge", "Maximum amount of virtual memory available in bytes.", ulong.MaxValue);
        Header(text, "kubernetes_build_info", "gauge", "A constant 1 with what was built.");
        text.Append(CultureInfo.InvariantCulture, $"kubernetes_build_info{{build_date=\"1970-01-01T00:00:00Z\",compiler=\"dotnet\",git_commit=\"\",git_tree_state=\"clean\",git_version=\"{ServerVersion.Git}\",go_version=\"none\",major=\"1\",minor=\"36\",platform=\"linux/{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}\"}} 1\n");
        Single(text, "process_threads", "gauge", "Threads of the process.", self.Threads.Count);
        Single(text, "dotnet_gc_heap_bytes", "gauge", "Bytes on the managed heap.", GC.GetTotalMemory(forceFullCollection: false));
    }

    /// <summary>The soft limit; a line of <c>/proc/self/limits</c>: <c>Max open files            20000                20000                files</c>.</summary>
    private static double MaxDescriptors() =>
        File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal))?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
            && double.TryParse(soft, CultureInfo.InvariantCulture, out var limit) ? limit : double.PositiveInfinity;

    private static void Header(StringBuilder text, string name, string type, string help) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void Single(StringBuilder text, string name, string type, string help, double value)
    {
        Header(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }
}
