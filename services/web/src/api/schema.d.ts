/** Generated from the OpenAPI document by `npm run generate`: do not edit. */

export interface paths {
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Health
         * @description Return whether everything works; with a token also each part, the versions and the stream. Always 200.
         */
        get: operations["readHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Schema
         * @description Return this description of the API, as OpenAPI.
         *
         *     Least role: viewer.
         */
        get: operations["readSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * ChangePassword
         * @description Set the caller's password and end every session: sign in again with the new one.
         *
         *     Least role: viewer.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Login
         * @description Return an access token, and set the refresh cookie.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Logout
         * @description End every session of the caller, on every device; open WebSockets close.
         *
         *     Least role: viewer.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Me
         * @description Return who the token speaks for.
         *
         *     Least role: viewer.
         */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refresh
         * @description Return a new access token and cookie for the refresh cookie; an old one used again ends the session.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListHosts
         * @description Return hosts by name, each with its state and a summary.
         *
         *     Least role: viewer.
         */
        get: operations["listHosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ReadHost
         * @description Return one host with its inventory.
         *
         *     Least role: viewer.
         */
        get: operations["readHost"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Current
         * @description Return the newest rows of every host and family; works while the database is away.
         *
         *     Least role: viewer.
         */
        get: operations["readCurrent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/families": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Families
         * @description Return every family with its columns, units and what a page draws first.
         *
         *     Least role: viewer.
         */
        get: operations["listFamilies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics/processes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Processes
         * @description Return the processes that use most now; works while the database is away.
         *
         *     Least role: viewer.
         */
        get: operations["listProcesses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics/{family}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read
         * @description Return every series of the family within [start, end); CSV on `Accept: text/csv`.
         *
         *     Least role: viewer.
         */
        get: operations["readMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Audit
         * @description Return who did what, newest first.
         *
         *     Least role: admin.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change
         * @description Change role or password, disable or enable; every session of the user ends.
         *
         *     Least role: admin.
         */
        patch: operations["changeUser"];
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Users
         * @description Return users by name.
         *
         *     Least role: admin.
         */
        get: operations["listUsers"];
        put?: never;
        /**
         * Create
         * @description Make a user.
         *
         *     Least role: admin.
         */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** AuditEntries */
        AuditEntries: {
            entries: components["schemas"]["AuditEntry"][];
            next_cursor: string | null;
        };
        /** AuditEntry */
        AuditEntry: {
            /** Format: date-time */
            time: string;
            actor: string;
            action: string;
            target: string | null;
            address: string | null;
            detail: string | null;
            request_id: string | null;
        };
        /** Component */
        Component: {
            name: string;
            /** @enum {string} */
            status: "ok" | "degraded";
            detail: string;
        };
        /** Current */
        Current: {
            current: components["schemas"]["CurrentRows"][];
            next_cursor: string | null;
        };
        /** CurrentRows */
        CurrentRows: {
            host: string;
            source: string;
            family: string;
            /** Format: date-time */
            time: string;
            interval_seconds: number;
            columns: string[];
            rows: (string | number | null)[][];
        };
        /** Families */
        Families: {
            families: components["schemas"]["FamilyDefinition"][];
        };
        /** FamilyDefinition */
        FamilyDefinition: {
            name: string;
            doc: string;
            interval_seconds: number;
            churning: boolean;
            headline: string[];
            labels: components["schemas"]["LabelColumn"][];
            gauges: components["schemas"]["GaugeColumn"][];
        };
        /** GaugeColumn */
        GaugeColumn: {
            name: string;
            doc: string;
            unit: string;
            /** @enum {string} */
            type: "int" | "float";
            optional: boolean;
        };
        /** Granted */
        Granted: {
            access_token: string;
            token_type: string;
            expires_in_seconds: number;
            username: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "admin";
        };
        /** Health */
        Health: {
            /** @enum {string} */
            status: "ok" | "degraded";
            version?: string;
            mode?: string | null;
            components?: components["schemas"]["Component"][];
            stream?: components["schemas"]["StreamState"] | null;
        };
        /** Host */
        Host: {
            host: string;
            /** @enum {string} */
            state: "live" | "silent";
            last_sample_time: string | null;
            age_seconds: number | null;
            sources: string[];
            summary: components["schemas"]["HostSummary"];
        };
        /** HostDetail */
        HostDetail: {
            host: string;
            /** @enum {string} */
            state: "live" | "silent";
            last_sample_time: string | null;
            age_seconds: number | null;
            sources: string[];
            summary: components["schemas"]["HostSummary"];
            inventory: components["schemas"]["HostInventory"] | null;
        };
        /** HostInventory */
        HostInventory: {
            host_id: string | null;
            os: string | null;
            kernel: string | null;
            architecture: string | null;
            cpu_model: string | null;
            cores_count: number | null;
            memory_total_bytes: number | null;
            addresses: string[];
            boot_time: string | null;
            agent_version: string | null;
            tags: {
                [key: string]: string;
            };
            intervals: {
                [key: string]: number;
            };
            /** Format: date-time */
            time: string;
        };
        /** HostSummary */
        HostSummary: {
            cpu_percent: number | null;
            memory_percent: number | null;
            disk_percent: number | null;
            disk_mount: string | null;
            receive_bytes_per_second: number | null;
            transmit_bytes_per_second: number | null;
        };
        /** Hosts */
        Hosts: {
            hosts: components["schemas"]["Host"][];
            next_cursor: string | null;
        };
        /** LabelColumn */
        LabelColumn: {
            name: string;
            doc: string;
            /** @enum {string} */
            type: "str" | "int";
        };
        /** Login */
        Login: {
            username: string;
            password: string;
        };
        /** Me */
        Me: {
            username: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "admin";
        };
        /** MetricRange */
        MetricRange: {
            family: string;
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["Series"][];
        };
        /** NewUser */
        NewUser: {
            /** @description 1 to 64 lower case letters, digits and . _ @ -, the first a letter or digit */
            username: string;
            password: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "admin";
        };
        /** PasswordChange */
        PasswordChange: {
            current_password: string;
            new_password: string;
        };
        /** ProcessRow */
        ProcessRow: {
            host: string;
            /** Format: date-time */
            time: string;
            pid: number;
            name: string;
            cpu_percent: number;
            resident_bytes: number;
            memory_percent: number;
            threads_count: number | null;
        };
        /** Processes */
        Processes: {
            processes: components["schemas"]["ProcessRow"][];
            next_cursor: string | null;
        };
        /** Series */
        Series: {
            host: string;
            source: string;
            labels: {
                [key: string]: string | number;
            };
            values: {
                [key: string]: (number | null)[];
            };
        };
        /** StreamState */
        StreamState: {
            messages: number;
            bytes: number;
            bytes_max: number;
            held_seconds: number | null;
            ingest_pending: number | null;
        };
        /** User */
        User: {
            username: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "admin";
            disabled: boolean;
            /** Format: date-time */
            created_at: string;
        };
        /** UserChange */
        UserChange: {
            /** @enum {null|string} */
            role?: "viewer" | "operator" | "admin" | null;
            disabled?: boolean | null;
            password?: string | null;
        };
        /** Users */
        Users: {
            users: components["schemas"]["User"][];
            next_cursor: string | null;
        };
        /**
         * ErrorAnswer
         * @description What went wrong, for a program (`code`, `field`) and for a person (`detail`).
         */
        ErrorAnswer: {
            status: number;
            code: string;
            detail: string;
            field: string | null;
            request_id: string;
        };
        /** @description Labels of cpu. */
        CpuLabels: Record<string, never>;
        /**
         * @description CPU time of the whole machine, split by what it was spent on, one row per host.
         *
         *     Shares of the time since the reading before, over all cores together.
         */
        CpuValues: {
            /** @description Share of time spent working: all but idle and iowait. */
            total_percent?: (number | null)[];
            /** @description Share of time in user programs of normal priority. */
            user_percent?: (number | null)[];
            /** @description Share of time in the kernel, without interrupts. */
            system_percent?: (number | null)[];
            /** @description Share of time with nothing to do and nothing awaited. */
            idle_percent?: (number | null)[];
            /** @description Share of time in user programs of lowered priority. */
            nice_percent?: (number | null)[];
            /** @description Share of time idle while a disk request was pending. */
            iowait_percent?: (number | null)[];
            /** @description Share of time serving hardware interrupts. */
            irq_percent?: (number | null)[];
            /** @description Share of time serving software interrupts. */
            softirq_percent?: (number | null)[];
            /** @description Share of time that the hypervisor gave to other guests. */
            steal_percent?: (number | null)[];
            /** @description Share of time running guests of this host. */
            guest_percent?: (number | null)[];
            /** @description Logical cores that are online. */
            cores_count?: (number | null)[];
            /** @description Runnable and blocked tasks, averaged over 1 minute. */
            load_1m_average?: (number | null)[];
            /** @description Runnable and blocked tasks, averaged over 5 minutes. */
            load_5m_average?: (number | null)[];
            /** @description Runnable and blocked tasks, averaged over 15 minutes. */
            load_15m_average?: (number | null)[];
            /** @description Switches from one task to another. */
            context_switches_per_second?: (number | null)[];
            /** @description Hardware interrupts served. */
            interrupts_per_second?: (number | null)[];
        };
        /** @description One series of cpu. */
        CpuSeries: {
            host: string;
            source: string;
            labels: components["schemas"]["CpuLabels"];
            values: components["schemas"]["CpuValues"];
        };
        /** @description cpu over time. */
        CpuRange: {
            /** @enum {string} */
            family: "cpu";
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["CpuSeries"][];
        };
        /** @description Labels of cpu_core. */
        CpuCoreLabels: {
            /** @description Number of the logical core, from 0. */
            core: number;
        };
        /** @description CPU time of each logical core, one row per core. */
        CpuCoreValues: {
            /** @description Share of the core's time spent working: all but idle and iowait. */
            total_percent?: (number | null)[];
            /** @description Share of the core's time in user programs of normal priority. */
            user_percent?: (number | null)[];
            /** @description Share of the core's time in the kernel, without interrupts. */
            system_percent?: (number | null)[];
            /** @description Share of the core's time with nothing to do and nothing awaited. */
            idle_percent?: (number | null)[];
            /** @description Share of the core's time idle while a disk request was pending. */
            iowait_percent?: (number | null)[];
            /** @description Share of the core's time that the hypervisor gave to others. */
            steal_percent?: (number | null)[];
        };
        /** @description One series of cpu_core. */
        CpuCoreSeries: {
            host: string;
            source: string;
            labels: components["schemas"]["CpuCoreLabels"];
            values: components["schemas"]["CpuCoreValues"];
        };
        /** @description cpu_core over time. */
        CpuCoreRange: {
            /** @enum {string} */
            family: "cpu_core";
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["CpuCoreSeries"][];
        };
        /** @description Labels of memory. */
        MemoryLabels: Record<string, never>;
        /** @description Physical memory of the machine, one row per host. */
        MemoryValues: {
            /** @description Physical memory that the kernel manages. */
            total_bytes?: (number | null)[];
            /** @description Memory that programs could not get: total less available. */
            used_bytes?: (number | null)[];
            /** @description Memory that programs could get without swapping. */
            available_bytes?: (number | null)[];
            /** @description Share of total that is not available. */
            used_percent?: (number | null)[];
            /** @description Memory that nothing uses at all. */
            free_bytes?: (number | null)[];
            /** @description Memory that caches metadata of file systems. */
            buffers_bytes?: (number | null)[];
            /** @description Memory that caches contents of files. */
            cached_bytes?: (number | null)[];
            /** @description Memory in tmpfs and shared segments. */
            shared_bytes?: (number | null)[];
        };
        /** @description One series of memory. */
        MemorySeries: {
            host: string;
            source: string;
            labels: components["schemas"]["MemoryLabels"];
            values: components["schemas"]["MemoryValues"];
        };
        /** @description memory over time. */
        MemoryRange: {
            /** @enum {string} */
            family: "memory";
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["MemorySeries"][];
        };
        /** @description Labels of swap. */
        SwapLabels: Record<string, never>;
        /** @description Swap space of the machine, one row per host. */
        SwapValues: {
            /** @description Size of all swap areas. */
            total_bytes?: (number | null)[];
            /** @description Swap in use. */
            used_bytes?: (number | null)[];
            /** @description Swap not in use. */
            free_bytes?: (number | null)[];
            /** @description Share of swap in use, 0 where there is none. */
            used_percent?: (number | null)[];
            /** @description Read back from swap into memory. */
            in_bytes_per_second?: (number | null)[];
            /** @description Written from memory to swap. */
            out_bytes_per_second?: (number | null)[];
        };
        /** @description One series of swap. */
        SwapSeries: {
            host: string;
            source: string;
            labels: components["schemas"]["SwapLabels"];
            values: components["schemas"]["SwapValues"];
        };
        /** @description swap over time. */
        SwapRange: {
            /** @enum {string} */
            family: "swap";
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["SwapSeries"][];
        };
        /** @description Labels of disk. */
        DiskLabels: {
            /** @description Mount point, as the kernel names it. */
            mount: string;
            /** @description Device or remote share it lives on. */
            device: string;
        };
        /** @description Space on mounted file systems, one row per file system. */
        DiskValues: {
            /** @description Size of the file system. */
            total_bytes?: (number | null)[];
            /** @description Space that files occupy. */
            used_bytes?: (number | null)[];
            /** @description Space that unprivileged users may still fill. */
            available_bytes?: (number | null)[];
            /** @description Share not available to unprivileged users. */
            used_percent?: (number | null)[];
            /** @description Files that the file system can hold. */
            inodes_total_count?: (number | null)[];
            /** @description Files that it holds. */
            inodes_used_count?: (number | null)[];
            /** @description Share of inodes in use. */
            inodes_used_percent?: (number | null)[];
        };
        /** @description One series of disk. */
        DiskSeries: {
            host: string;
            source: string;
            labels: components["schemas"]["DiskLabels"];
            values: components["schemas"]["DiskValues"];
        };
        /** @description disk over time. */
        DiskRange: {
            /** @enum {string} */
            family: "disk";
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["DiskSeries"][];
        };
        /** @description Labels of disk_io. */
        DiskIoLabels: {
            /** @description Name of the whole disk, such as sda or nvme0n1. */
            device: string;
        };
        /** @description Traffic of whole disks, one row per disk. */
        DiskIoValues: {
            /** @description Bytes read. */
            read_bytes_per_second?: (number | null)[];
            /** @description Bytes written. */
            write_bytes_per_second?: (number | null)[];
            /** @description Read requests completed. */
            reads_per_second?: (number | null)[];
            /** @description Write requests completed. */
            writes_per_second?: (number | null)[];
            /** @description Mean time of a read, queueing included; absent without reads. */
            read_await_seconds?: (number | null)[];
            /** @description Mean time of a write, queueing included; absent without writes. */
            write_await_seconds?: (number | null)[];
            /** @description Mean number of requests under way. */
            queue_depth_average?: (number | null)[];
            /** @description Share of time with at least one request under way. */
            busy_percent?: (number | null)[];
        };
        /** @description One series of disk_io. */
        DiskIoSeries: {
            host: string;
            source: string;
            labels: components["schemas"]["DiskIoLabels"];
            values: components["schemas"]["DiskIoValues"];
        };
        /** @description disk_io over time. */
        DiskIoRange: {
            /** @enum {string} */
            family: "disk_io";
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["DiskIoSeries"][];
        };
        /** @description Labels of network. */
        NetworkLabels: {
            /** @description Name of the interface. */
            interface: string;
        };
        /** @description Traffic of network interfaces, one row per interface that is up. */
        NetworkValues: {
            /** @description Bytes received. */
            receive_bytes_per_second?: (number | null)[];
            /** @description Bytes sent. */
            transmit_bytes_per_second?: (number | null)[];
            /** @description Packets received. */
            receive_packets_per_second?: (number | null)[];
            /** @description Packets sent. */
            transmit_packets_per_second?: (number | null)[];
            /** @description Packets received with errors. */
            receive_errors_per_second?: (number | null)[];
            /** @description Packets that failed to be sent. */
            transmit_errors_per_second?: (number | null)[];
            /** @description Received packets that were dropped. */
            receive_drops_per_second?: (number | null)[];
            /** @description Packets dropped instead of being sent. */
            transmit_drops_per_second?: (number | null)[];
            /** @description Speed of the link, where the driver tells. */
            speed_bytes_per_second?: (number | null)[];
            /** @description Share of the link's speed in use in the busier direction. */
            used_percent?: (number | null)[];
        };
        /** @description One series of network. */
        NetworkSeries: {
            host: string;
            source: string;
            labels: components["schemas"]["NetworkLabels"];
            values: components["schemas"]["NetworkValues"];
        };
        /** @description network over time. */
        NetworkRange: {
            /** @enum {string} */
            family: "network";
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["NetworkSeries"][];
        };
        /** @description Labels of connection. */
        ConnectionLabels: {
            /** @description State as RFC 9293 names it, lower case, such as established, time-wait or listen. */
            state: string;
        };
        /** @description TCP connections of the machine, one row per state, also where a state has none. */
        ConnectionValues: {
            /** @description Connections in this state, IPv4 and IPv6 together. */
            connections_count?: (number | null)[];
        };
        /** @description One series of connection. */
        ConnectionSeries: {
            host: string;
            source: string;
            labels: components["schemas"]["ConnectionLabels"];
            values: components["schemas"]["ConnectionValues"];
        };
        /** @description connection over time. */
        ConnectionRange: {
            /** @enum {string} */
            family: "connection";
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["ConnectionSeries"][];
        };
        /** @description Labels of process. */
        ProcessLabels: {
            /** @description Process id. */
            pid: number;
            /** @description Name of the program, never its arguments. */
            name: string;
        };
        /** @description The processes that use most CPU and those that use most memory, one row per process. */
        ProcessValues: {
            /** @description Share of the CPU time of all cores since the reading before. */
            cpu_percent?: (number | null)[];
            /** @description Physical memory that the process occupies. */
            resident_bytes?: (number | null)[];
            /** @description Share of physical memory that the process occupies. */
            memory_percent?: (number | null)[];
            /** @description Threads of the process. */
            threads_count?: (number | null)[];
        };
        /** @description One series of process. */
        ProcessSeries: {
            host: string;
            source: string;
            labels: components["schemas"]["ProcessLabels"];
            values: components["schemas"]["ProcessValues"];
        };
        /** @description process over time. */
        ProcessRange: {
            /** @enum {string} */
            family: "process";
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["ProcessSeries"][];
        };
        /** @description Labels of agent. */
        AgentLabels: Record<string, never>;
        /**
         * @description What the collector costs and what it could not do, one row per host.
         *
         *     Counts run from the start of the session.
         */
        AgentValues: {
            /** @description CPU time of the collector, as a share of one core. */
            one_core_percent?: (number | null)[];
            /** @description Physical memory that the collector occupies. */
            resident_bytes?: (number | null)[];
            /** @description Time that reading took at the tick before. */
            reading_seconds?: (number | null)[];
            /** @description Ticks that were skipped because the one before had not ended. */
            ticks_skipped_count?: (number | null)[];
            /** @description Readings that failed. */
            readings_failed_count?: (number | null)[];
            /** @description Rows left out because a family reached its limit or a label could not be sent. */
            rows_cut_count?: (number | null)[];
            /** @description Sample sets that the bus confirmed. */
            sample_sets_published_count?: (number | null)[];
            /** @description Sample sets that could not be published. */
            sample_sets_lost_count?: (number | null)[];
            /** @description Sample sets sent but not yet confirmed. */
            sample_sets_pending_count?: (number | null)[];
            /** @description Times that the connection to the bus was regained. */
            reconnects_count?: (number | null)[];
        };
        /** @description One series of agent. */
        AgentSeries: {
            host: string;
            source: string;
            labels: components["schemas"]["AgentLabels"];
            values: components["schemas"]["AgentValues"];
        };
        /** @description agent over time. */
        AgentRange: {
            /** @enum {string} */
            family: "agent";
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @enum {string} */
            resolution: "raw" | "1m" | "5m" | "1h";
            step_seconds: number | null;
            /** Format: date-time */
            as_of: string;
            time: string[];
            series: components["schemas"]["AgentSeries"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                    "application/msgpack": components["schemas"]["Health"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    readSchema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Too many attempts; `Retry-After` says how long to wait. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Granted"];
                    "application/msgpack": components["schemas"]["Granted"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description Too many attempts; `Retry-After` says how long to wait. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": null;
                    "application/msgpack": null;
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                    "application/msgpack": components["schemas"]["Me"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Granted"];
                    "application/msgpack": components["schemas"]["Granted"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What was asked contradicts what is stored now. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    listHosts: {
        parameters: {
            query?: {
                /** @description Host name or glob with `*` and `?`; may be given several times. None is every host. */
                host?: string[] | null;
                /** @description Entries of one page, 1 to 1000. */
                limit?: number;
                /** @description `next_cursor` of the page before; none is the first. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hosts"];
                    "application/msgpack": components["schemas"]["Hosts"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    readHost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HostDetail"];
                    "application/msgpack": components["schemas"]["HostDetail"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description There is no such thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    readCurrent: {
        parameters: {
            query?: {
                /** @description Host name or glob with `*` and `?`; may be given several times. None is every host. */
                host?: string[] | null;
                /** @description One family; none is all. */
                family?: string | null;
                /** @description Entries of one page, 1 to 1000. */
                limit?: number;
                /** @description `next_cursor` of the page before; none is the first. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Current"];
                    "application/msgpack": components["schemas"]["Current"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description There is no such thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    listFamilies: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Families"];
                    "application/msgpack": components["schemas"]["Families"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    listProcesses: {
        parameters: {
            query?: {
                /** @description Host name or glob with `*` and `?`; may be given several times. None is every host. */
                host?: string[] | null;
                /** @description Gauge to order by, largest first. */
                sort?: "cpu_percent" | "resident_bytes" | "memory_percent";
                /** @description Entries of one page, 1 to 1000. */
                limit?: number;
                /** @description `next_cursor` of the page before; none is the first. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Processes"];
                    "application/msgpack": components["schemas"]["Processes"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    readMetrics: {
        parameters: {
            query?: {
                /** @description Host name or glob with `*` and `?`; may be given several times. None is every host. */
                host?: string[] | null;
                /** @description Start of the range, included: an instant such as 2026-11-21T09:00:00Z, or one relative to now such as -15m, -6h, -7d. */
                start?: string;
                /** @description End of the range, excluded: an instant such as 2026-11-21T09:00:00Z, or one relative to now such as -15m, -6h, -7d. None is now. */
                end?: string | null;
                /** @description Gauges with commas between; none is all. */
                columns?: string | null;
                /** @description Most points of time; more become averages of steps. */
                points_max?: number;
            };
            header?: never;
            path: {
                family: "cpu" | "cpu_core" | "memory" | "swap" | "disk" | "disk_io" | "network" | "connection" | "process" | "agent";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CpuRange"] | components["schemas"]["CpuCoreRange"] | components["schemas"]["MemoryRange"] | components["schemas"]["SwapRange"] | components["schemas"]["DiskRange"] | components["schemas"]["DiskIoRange"] | components["schemas"]["NetworkRange"] | components["schemas"]["ConnectionRange"] | components["schemas"]["ProcessRange"] | components["schemas"]["AgentRange"];
                    "application/msgpack": components["schemas"]["CpuRange"] | components["schemas"]["CpuCoreRange"] | components["schemas"]["MemoryRange"] | components["schemas"]["SwapRange"] | components["schemas"]["DiskRange"] | components["schemas"]["DiskIoRange"] | components["schemas"]["NetworkRange"] | components["schemas"]["ConnectionRange"] | components["schemas"]["ProcessRange"] | components["schemas"]["AgentRange"];
                    "text/csv": string;
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description There is no such thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description Entries of one page, 1 to 1000. */
                limit?: number;
                /** @description `next_cursor` of the page before; none is the first. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEntries"];
                    "application/msgpack": components["schemas"]["AuditEntries"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    changeUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                    "application/msgpack": components["schemas"]["User"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description There is no such thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What was asked contradicts what is stored now. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description Entries of one page, 1 to 1000. */
                limit?: number;
                /** @description `next_cursor` of the page before; none is the first. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Users"];
                    "application/msgpack": components["schemas"]["Users"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
    createUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                    "application/msgpack": components["schemas"]["User"];
                };
            };
            /** @description The request cannot be understood; `field` names the parameter at fault. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description No token, or one that does not hold. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The caller, the Host or the Origin may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description What was asked contradicts what is stored now. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
            /** @description A part that this answer needs is away or busy; `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorAnswer"];
                };
            };
        };
    };
}
