// Generated from shared/openapi/gateway.json by "npm run generate". Do not edit.

export interface paths {
    "/api/v1/archive/bookmarks/{bookmark_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One bookmark */
        get: operations["get_archive_bookmarks_bookmark_id"];
        /** Change a bookmark */
        put: operations["put_archive_bookmarks_bookmark_id"];
        post?: never;
        /** Remove a bookmark */
        delete: operations["delete_archive_bookmarks_bookmark_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/cameras/{camera_id}/bookmarks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Bookmarks of a camera */
        get: operations["get_archive_cameras_camera_id_bookmarks"];
        put?: never;
        /** Mark footage */
        post: operations["post_archive_cameras_camera_id_bookmarks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/cameras/{camera_id}/completeness": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How much of a month was recorded, day by day */
        get: operations["get_archive_cameras_camera_id_completeness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/cameras/{camera_id}/coverage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is there, summed up for a time bar of any length */
        get: operations["get_archive_cameras_camera_id_coverage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/cameras/{camera_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Motion, tampering, faults */
        get: operations["get_archive_cameras_camera_id_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/cameras/{camera_id}/keyframes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Times of key frames */
        get: operations["get_archive_cameras_camera_id_keyframes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/cameras/{camera_id}/motion": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where something moves in recorded footage */
        get: operations["get_archive_cameras_camera_id_motion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/cameras/{camera_id}/playlist.m3u8": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** HLS playlist of recorded footage */
        get: operations["get_archive_cameras_camera_id_playlist_m3u8"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/cameras/{camera_id}/snapshot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The picture of an instant, exact to the frame */
        get: operations["get_archive_cameras_camera_id_snapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/cameras/{camera_id}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Small picture of an instant, for scrubbing */
        get: operations["get_archive_cameras_camera_id_thumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/cameras/{camera_id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is recorded of a camera, and why the rest is not */
        get: operations["get_archive_cameras_camera_id_timeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Evidence packages: own ones, for supervisors all */
        get: operations["get_archive_exports"];
        put?: never;
        /** Ask for an evidence package */
        post: operations["post_archive_exports"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/exports/{export_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One evidence package and how far it is */
        get: operations["get_archive_exports_export_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/exports/{export_id}/cancellation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel an export */
        post: operations["post_archive_exports_export_id_cancellation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/exports/{export_id}/decision": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approve or reject an export */
        post: operations["post_archive_exports_export_id_decision"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/exports/{export_id}/package": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Bytes of an evidence package (Range) */
        get: operations["get_archive_exports_export_id_package"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is secured */
        get: operations["get_archive_holds"];
        put?: never;
        /** Secure footage */
        post: operations["post_archive_holds"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/holds/{hold_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One hold */
        get: operations["get_archive_holds_hold_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/holds/{hold_id}/extension": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Extend a hold */
        post: operations["post_archive_holds_hold_id_extension"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/holds/{hold_id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Agree to a hold's release */
        post: operations["post_archive_holds_hold_id_release"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/holds/{hold_id}/release-request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask for a hold's release */
        post: operations["post_archive_holds_hold_id_release_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/privacy-deletions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Deletions for the sake of privacy */
        get: operations["get_archive_privacy_deletions"];
        put?: never;
        /** Ask for a deletion */
        post: operations["post_archive_privacy_deletions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/privacy-deletions/{deletion_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One deletion and how far it is */
        get: operations["get_archive_privacy_deletions_deletion_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/privacy-deletions/{deletion_id}/approval": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Agree to a deletion */
        post: operations["post_archive_privacy_deletions_deletion_id_approval"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/privacy-deletions/{deletion_id}/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Withdraw it */
        post: operations["post_archive_privacy_deletions_deletion_id_withdrawal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/segments/{segment_id}/keyframe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One key frame, for fast playback */
        get: operations["get_archive_segments_segment_id_keyframe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/segments/{segment_id}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Bytes of a segment (Range) */
        get: operations["get_archive_segments_segment_id_media"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/archive/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The archive's disk and its forecast */
        get: operations["get_archive_storage"];
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
         * Search the audit log
         * @description Entries that fit all given conditions. A first page (not a later one) is itself an entry: audit.searched.
         */
        get: operations["search_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All cameras with their present state
         * @description The registry joined with the newest status of each camera.
         */
        get: operations["list_cameras"];
        put?: never;
        /**
         * Register a camera
         * @description Add a camera; ingest begins to pull it within seconds.
         */
        post: operations["add_camera"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One camera
         * @description One camera with its status.
         */
        get: operations["show_camera"];
        /**
         * Change a camera
         * @description Replace a camera's registration.
         */
        put: operations["change_camera"];
        post?: never;
        /**
         * Take a camera out
         * @description The camera is no longer pulled; its recordings stay until their retention ends.
         */
        delete: operations["remove_camera"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera_id}/credentials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set a camera's credentials
         * @description Write only: no route of this door ever gives them back.
         */
        put: operations["set_credentials"];
        post?: never;
        /**
         * Forget a camera's credentials
         * @description The camera is opened without credentials from now on.
         */
        delete: operations["clear_credentials"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was noticed at a camera
         * @description Tampering and its ends, motion, stream faults, clocks set, conformance cards; newest first.
         */
        get: operations["list_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera_id}/probes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Probe a camera
         * @description Listens to the camera for a minute; the card comes by `GET`, as event `camera-event`, and stays among its events.
         */
        post: operations["start_probe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera_id}/probes/{probe_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far a probe is
         * @description With its card when it is done.
         */
        get: operations["show_probe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera_id}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A small picture of what a camera shows
         * @description The newest key frame in small. It is a look: on record once per session and camera in 15 min.
         */
        get: operations["show_thumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras/{camera_id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The story of a camera's registration
         * @description Every version with who made it, newest first; of removed cameras too.
         */
        get: operations["list_versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens, as it happens (server-sent events)
         * @description `text/event-stream`: `hello`, then `camera-status`, `camera-event`, `camera`, `report`, `recording`; at the end `farewell`.
         *
         *     A comment line every 10 s is the heartbeat. `Last-Event-ID` resumes; events of the last minutes are kept.
         */
        get: operations["listen"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is signed in
         * @description The session this browser holds; 401 when none.
         */
        get: operations["show_session"];
        put?: never;
        /**
         * Sign in; sets the session cookie
         * @description Log a member of staff in. 401 sign-in-failed, 429 too-many-tries with Retry-After.
         */
        post: operations["sign_in"];
        /**
         * Sign out
         * @description End the session here and its live views.
         */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/addresses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search addresses */
        get: operations["get_town_addresses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/announcements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Announcements */
        get: operations["get_town_announcements"];
        put?: never;
        /** Issue an announcement */
        post: operations["post_town_announcements"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/announcements/{announcement_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One announcement with its versions */
        get: operations["get_town_announcements_announcement_id"];
        /** Correct an announcement */
        put: operations["put_town_announcements_announcement_id"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/announcements/{announcement_id}/cancellation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Call an announcement off */
        post: operations["post_town_announcements_announcement_id_cancellation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/announcements/{announcement_id}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far its sending is */
        get: operations["get_town_announcements_announcement_id_progress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/announcements/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whom an announcement would reach, and what it costs */
        post: operations["post_town_announcements_preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Residents' reports */
        get: operations["get_town_reports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/reports/{report_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One report with its text and photos */
        get: operations["get_town_reports_report_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/reports/{report_id}/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answer or close a report */
        post: operations["post_town_reports_report_id_answers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/reports/{report_id}/photos/{photo_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A photo of a report */
        get: operations["get_town_reports_report_id_photos_photo_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/reports/{report_id}/unit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Make a unit of the town responsible */
        put: operations["put_town_reports_report_id_unit"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/streets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search streets */
        get: operations["get_town_streets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town/town": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The town: name, bounds, categories */
        get: operations["get_town_town"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/whep/{camera_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Watch a camera
         * @description Offer in, answer out. The picture starts with the newest key frame at once and goes on by itself after a camera's drop.
         */
        post: operations["watch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/whep/{camera_id}/{viewer_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Stop watching
         * @description End the view; 404 when it is over already.
         */
        delete: operations["stop_watching"];
        options?: never;
        head?: never;
        /**
         * Trickle ICE candidates
         * @description Candidates are welcome and not needed: this side is ICE-lite and learns the path from the browser's checks.
         *
         *     A fragment with other ICE credentials asks for an ICE restart, which is refused (422): open a new view instead.
         */
        patch: operations["trickle"];
        trace?: never;
    };
    "/map/town.pmtiles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The town's map (PMTiles, Range)
         * @description The archive; readers ask for byte ranges.
         */
        get: operations["town_map"];
        put?: never;
        post?: never;
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
        /**
         * AuditEntry
         * @description Who did what, when, why.
         */
        AuditEntry: {
            /** Action */
            action: string;
            /** Actor Id */
            actor_id: string;
            /** Actor Kind */
            actor_kind: string;
            /** Actor Role */
            actor_role: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Camera Id */
            camera_id: string | null;
            /** Entry Id */
            entry_id: string;
            /** Footage From */
            footage_from: string | null;
            /** Footage Until */
            footage_until: string | null;
            /** Object Id */
            object_id: string;
            /** Outcome */
            outcome: string;
            /** Reason */
            reason: string;
            /** Source */
            source: string;
            /** Source Ip */
            source_ip: string;
        };
        /**
         * AuditPage
         * @description Newest first; `next_cursor` asks for the page of older entries.
         */
        AuditPage: {
            /** Items */
            items: components["schemas"]["AuditEntry"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * Camera
         * @description A camera's registration and what is known of it now.
         */
        Camera: {
            /**
             * Address
             * @default
             */
            address: string;
            /**
             * Camera Id
             * @description Stable camera id, safe in paths
             */
            camera_id: string;
            /**
             * Changed At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            changed_at: string;
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            /**
             * Groups
             * @default []
             */
            groups: string[];
            /**
             * Has Credentials
             * @description Fetched by ingest over HTTP; never part of a fact
             * @default false
             */
            has_credentials: boolean;
            /** Name */
            name: string;
            onvif?: components["schemas"]["OnvifAccess"] | null;
            place: components["schemas"]["Point"];
            /**
             * Public
             * @description Shown in the public register
             * @default true
             */
            public: boolean;
            /**
             * Purpose
             * @description Why the camera is there, shown in the public register
             * @default
             */
            purpose: string;
            /**
             * @default {
             *       "enabled": true,
             *       "keep_days": 30,
             *       "priority": "normal",
             *       "record_audio": false,
             *       "stream": "main"
             *     }
             */
            recording: components["schemas"]["RecordingPlan"];
            /**
             * Restricted
             * @description Viewing asks for a reason
             * @default false
             */
            restricted: boolean;
            status: components["schemas"]["CameraStatus"];
            /** Streams */
            streams: components["schemas"]["StreamSource"][];
            /**
             * Version
             * @description Grows by one with each change
             */
            version: number;
            view_cone?: components["schemas"]["ViewCone"] | null;
        };
        /**
         * CameraClockSet
         * @description Ingest has set a camera's clock over ONVIF.
         */
        CameraClockSet: {
            /**
             * At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            at: string;
            /**
             * Camera Id
             * @description Stable camera id, safe in paths
             */
            camera_id: string;
            /**
             * Event Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            event_id: string;
            /**
             * Offset After S
             * @description And after, measured anew
             */
            offset_after_s: number;
            /**
             * Offset Before S
             * @description Camera clock minus server clock before
             */
            offset_before_s: number;
        };
        /**
         * CameraCredentials
         * @description What the camera asks for.
         */
        CameraCredentials: {
            /** Password */
            password: string;
            /** Username */
            username: string;
        };
        /**
         * CameraEvent
         * @description One thing that was noticed; `fact` as it was published.
         */
        CameraEvent: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Camera Id */
            camera_id: string;
            /** Event Id */
            event_id: string;
            /** Fact */
            fact: components["schemas"]["CameraTampered"] | components["schemas"]["MotionDetected"] | components["schemas"]["StreamFaulted"] | components["schemas"]["CameraClockSet"] | components["schemas"]["CameraProbed"];
            /**
             * Kind
             * @enum {string}
             */
            kind: "tampered" | "motion" | "stream-faulted" | "clock-set" | "probed";
        };
        /**
         * CameraEventEvent
         * @description Event `camera-event`. A camera was tampered with (or is well again), failed, had its clock set, or was probed.
         */
        CameraEventEvent: {
            /** Camera Id */
            camera_id: string;
            event: components["schemas"]["CameraEvent"];
        };
        /**
         * CameraEventPage
         * @description Newest first.
         */
        CameraEventPage: {
            /** Items */
            items: components["schemas"]["CameraEvent"][];
        };
        /**
         * CameraList
         * @description All cameras, by id.
         */
        CameraList: {
            /** Items */
            items: components["schemas"]["Camera"][];
        };
        /**
         * CameraProbed
         * @description A camera's conformance card.
         */
        CameraProbed: {
            /**
             * At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            at: string;
            /**
             * Camera Id
             * @description Stable camera id, safe in paths
             */
            camera_id: string;
            /**
             * Event Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            event_id: string;
            /**
             * Grade
             * @description The worst of its lines
             * @enum {string}
             */
            grade: "good" | "usable" | "bad";
            /** Lines */
            lines: components["schemas"]["ProbeLine"][];
            /** Listened S */
            listened_s: number;
            /**
             * Stream
             * @enum {string}
             */
            stream: "main" | "sub";
        };
        /**
         * CameraRegisteredEvent
         * @description Event `camera`. The registry says something new about a camera: load it again.
         */
        CameraRegisteredEvent: {
            /** Camera Id */
            camera_id: string;
            /**
             * Type
             * @enum {string}
             */
            type: "registered" | "changed" | "removed";
            /** Version */
            version: number;
        };
        /**
         * CameraState
         * @description The whole state of a camera in the registry.
         */
        CameraState: {
            /**
             * Address
             * @default
             */
            address: string;
            /**
             * Camera Id
             * @description Stable camera id, safe in paths
             */
            camera_id: string;
            /**
             * Changed At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            changed_at: string;
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            /**
             * Groups
             * @default []
             */
            groups: string[];
            /**
             * Has Credentials
             * @description Fetched by ingest over HTTP; never part of a fact
             * @default false
             */
            has_credentials: boolean;
            /** Name */
            name: string;
            onvif?: components["schemas"]["OnvifAccess"] | null;
            place: components["schemas"]["Point"];
            /**
             * Public
             * @description Shown in the public register
             * @default true
             */
            public: boolean;
            /**
             * Purpose
             * @description Why the camera is there, shown in the public register
             * @default
             */
            purpose: string;
            /**
             * @default {
             *       "enabled": true,
             *       "keep_days": 30,
             *       "priority": "normal",
             *       "record_audio": false,
             *       "stream": "main"
             *     }
             */
            recording: components["schemas"]["RecordingPlan"];
            /**
             * Restricted
             * @description Viewing asks for a reason
             * @default false
             */
            restricted: boolean;
            /** Streams */
            streams: components["schemas"]["StreamSource"][];
            /**
             * Version
             * @description Grows by one with each change
             */
            version: number;
            view_cone?: components["schemas"]["ViewCone"] | null;
        };
        /**
         * CameraStatus
         * @description What an operator is told. `unknown`: nobody has reported on the camera for a while; `since` says from when on.
         */
        CameraStatus: {
            cause?: components["schemas"]["FaultCause"] | null;
            condition: components["schemas"]["ShownCondition"];
            /**
             * Detail
             * @description For the operator, in English; the console words the cause itself
             * @default
             */
            detail: string;
            /** Observed At */
            observed_at?: string | null;
            /** @description Whether the picture is worth looking at; null: not known */
            picture?: components["schemas"]["PictureState"] | null;
            /** Retry At */
            retry_at?: string | null;
            /**
             * Since
             * @description In this condition since; null when never reported
             */
            since?: string | null;
            /**
             * Streams
             * @default []
             */
            streams: components["schemas"]["StreamHealth"][];
        };
        /**
         * CameraStatusEvent
         * @description Event `camera-status`.
         */
        CameraStatusEvent: {
            /** Camera Id */
            camera_id: string;
            status: components["schemas"]["CameraStatus"];
        };
        /**
         * CameraTampered
         * @description A camera's picture is covered, moved, blinded, frozen, out of focus or useless at night; told again when it is over.
         */
        CameraTampered: {
            /**
             * At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            at: string;
            /**
             * Camera Id
             * @description Stable camera id, safe in paths
             */
            camera_id: string;
            /** Confidence */
            confidence: number;
            /**
             * Detail
             * @description What was measured, for the technician
             * @default
             */
            detail: string;
            /**
             * Event Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            event_id: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "covered" | "moved" | "blinded" | "frozen" | "defocused" | "ir_fault";
            /**
             * Phase
             * @default onset
             * @enum {string}
             */
            phase: "onset" | "cleared";
            /**
             * Started At
             * @description When the first signs were seen
             */
            started_at?: string | null;
        };
        /**
         * CameraVersion
         * @description One step in the story of a camera's registration.
         */
        CameraVersion: {
            /** Change */
            change: string;
            /**
             * Changed At
             * Format: date-time
             */
            changed_at: string;
            /** Changed By */
            changed_by: string;
            state: components["schemas"]["CameraState"];
            /** Version */
            version: number;
        };
        /**
         * CameraVersions
         * @description Newest first.
         */
        CameraVersions: {
            /** Items */
            items: components["schemas"]["CameraVersion"][];
        };
        /**
         * ChangedCamera
         * @description A camera's new registration.
         */
        ChangedCamera: {
            /**
             * Address
             * @default
             */
            address: string;
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            /**
             * Groups
             * @default []
             */
            groups: string[];
            /** Name */
            name: string;
            onvif?: components["schemas"]["OnvifAccess"] | null;
            place: components["schemas"]["Point"];
            /**
             * Public
             * @default true
             */
            public: boolean;
            /**
             * Purpose
             * @default
             */
            purpose: string;
            /**
             * @default {
             *       "enabled": true,
             *       "keep_days": 30,
             *       "priority": "normal",
             *       "record_audio": false,
             *       "stream": "main"
             *     }
             */
            recording: components["schemas"]["RecordingPlan"];
            /**
             * Restricted
             * @default false
             */
            restricted: boolean;
            /** Streams */
            streams: components["schemas"]["StreamSource"][];
            /**
             * Version
             * @description The version this change was made from; 409 when it is no longer the newest
             */
            version: number;
            view_cone?: components["schemas"]["ViewCone"] | null;
        };
        /**
         * FarewellEvent
         * @description Event `farewell`, last on a connection the server ends. `too-slow`: connect again, what was missed follows.
         */
        FarewellEvent: {
            /**
             * Reason
             * @enum {string}
             */
            reason: "too-slow" | "signed-out" | "stopping";
        };
        /**
         * FaultCause
         * @description Why a camera gives no picture.
         * @enum {string}
         */
        FaultCause: "no_route" | "refused" | "unauthorized" | "not_rtsp" | "not_found" | "no_video" | "unsupported" | "no_keyframe" | "stalled" | "closed" | "protocol" | "disk_full" | "operator_off" | "gateway_away" | "ingest_away";
        /**
         * GapCause
         * @description Why there is no footage for a while.
         * @enum {string}
         */
        GapCause: "link_down" | "camera_reboot" | "refused" | "no_keyframe" | "stalled" | "disk_full" | "ingest_lost" | "ingest_failover" | "operator_off" | "clock_step" | "retention" | "backfilled" | "link_thin";
        /**
         * GapClosed
         * @description Footage goes on after a gap.
         */
        GapClosed: {
            /**
             * Camera Id
             * @description Stable camera id, safe in paths
             */
            camera_id: string;
            cause: components["schemas"]["GapCause"];
            /**
             * Ends At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            ends_at: string;
            /**
             * Gap Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            gap_id: string;
            /**
             * Starts At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            starts_at: string;
        };
        /**
         * GapOpened
         * @description From here on there is no footage of a camera.
         */
        GapOpened: {
            /**
             * Camera Id
             * @description Stable camera id, safe in paths
             */
            camera_id: string;
            cause: components["schemas"]["GapCause"];
            /**
             * Detail
             * @default
             */
            detail: string;
            /**
             * Gap Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            gap_id: string;
            /**
             * Starts At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            starts_at: string;
        };
        /**
         * HelloEvent
         * @description Event `hello`, first on every connection. `resumed`: what was missed follows; otherwise start from this snapshot.
         */
        HelloEvent: {
            /** Cameras */
            cameras: components["schemas"]["CameraStatusEvent"][];
            /** Resumed */
            resumed: boolean;
            /** Server Time */
            server_time: string;
        };
        /** HTTPValidationError */
        HTTPValidationError: {
            /** Detail */
            detail?: components["schemas"]["ValidationError"][];
        };
        /**
         * MotionDetected
         * @description A camera (ONVIF) or ingest saw motion.
         */
        MotionDetected: {
            /**
             * Camera Id
             * @description Stable camera id, safe in paths
             */
            camera_id: string;
            /** Ended At */
            ended_at?: string | null;
            /**
             * Event Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            event_id: string;
            /**
             * Source
             * @enum {string}
             */
            source: "onvif" | "stream";
            /**
             * Started At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            started_at: string;
        };
        /**
         * NewCamera
         * @description A camera to add.
         */
        NewCamera: {
            /**
             * Address
             * @default
             */
            address: string;
            /**
             * Camera Id
             * @description Stable camera id, safe in paths
             */
            camera_id: string;
            credentials?: components["schemas"]["CameraCredentials"] | null;
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            /**
             * Groups
             * @default []
             */
            groups: string[];
            /** Name */
            name: string;
            onvif?: components["schemas"]["OnvifAccess"] | null;
            place: components["schemas"]["Point"];
            /**
             * Public
             * @default true
             */
            public: boolean;
            /**
             * Purpose
             * @default
             */
            purpose: string;
            /**
             * @default {
             *       "enabled": true,
             *       "keep_days": 30,
             *       "priority": "normal",
             *       "record_audio": false,
             *       "stream": "main"
             *     }
             */
            recording: components["schemas"]["RecordingPlan"];
            /**
             * Restricted
             * @default false
             */
            restricted: boolean;
            /** Streams */
            streams: components["schemas"]["StreamSource"][];
            view_cone?: components["schemas"]["ViewCone"] | null;
        };
        /**
         * OnvifAccess
         * @description How a camera is spoken to over ONVIF. The account is the camera's; it is never part of a fact.
         */
        OnvifAccess: {
            /**
             * Allow Clock Set
             * @description Ingest may set the camera's clock when it is wrong by over a second
             * @default false
             */
            allow_clock_set: boolean;
            /**
             * Allow Gop Set
             * @description Ingest may set the length of the camera's groups of pictures
             * @default false
             */
            allow_gop_set: boolean;
            /**
             * Card Recording
             * @description The camera records on its own card (Profile G): gaps are filled from it
             * @default false
             */
            card_recording: boolean;
            /**
             * Main Profile
             * @description Media profile token of the main stream; PTZ moves this one
             * @default
             */
            main_profile: string;
            /**
             * Sub Profile
             * @description Media profile token of the sub stream
             * @default
             */
            sub_profile: string;
            /**
             * Url
             * @description Device service, e.g. http://10.0.0.7/onvif/device_service
             */
            url: string;
        };
        /**
         * PictureState
         * @description Whether what a camera shows is worth looking at.
         */
        PictureState: {
            /** Kind */
            kind?: ("covered" | "moved" | "blinded" | "frozen" | "defocused" | "ir_fault") | null;
            /**
             * Light
             * @description Colour, or the grey picture of night mode
             */
            light?: ("day" | "night") | null;
            /**
             * Since
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            since: string;
            /**
             * State
             * @enum {string}
             */
            state: "learning" | "healthy" | "suspected" | "tampered";
        };
        /**
         * Point
         * @description A place on Earth, WGS 84 degrees.
         */
        Point: {
            /** Lat */
            lat: number;
            /** Lon */
            lon: number;
        };
        /**
         * Probe
         * @description A probe of a camera; `card` when it is done. Cards stay among the camera's events.
         */
        Probe: {
            /** Camera Id */
            camera_id: string;
            card?: components["schemas"]["CameraProbed"] | null;
            /**
             * Ends At
             * Format: date-time
             * @description When it is done at the latest
             */
            ends_at: string;
            /** Probe Id */
            probe_id: string;
            /**
             * State
             * @enum {string}
             */
            state: "running" | "done";
            /**
             * Stream
             * @enum {string}
             */
            stream: "main" | "sub";
        };
        /**
         * ProbeLine
         * @description One thing that was looked at.
         */
        ProbeLine: {
            /**
             * Advice En
             * @default
             */
            advice_en: string;
            /**
             * Advice Pl
             * @description What a technician should do; empty when all is well
             * @default
             */
            advice_pl: string;
            /**
             * Grade
             * @enum {string}
             */
            grade: "good" | "usable" | "bad";
            /**
             * Subject
             * @enum {string}
             */
            subject: "connection" | "transport" | "codec" | "parameter_sets" | "gop" | "b_frames" | "fps" | "bitrate" | "loss" | "jitter" | "sender_reports" | "clock" | "audio" | "sessions";
            /**
             * Value
             * @description What was measured
             */
            value: string;
        };
        /**
         * RecordingEvent
         * @description Event `recording`. A gap in a camera's footage began or ended.
         */
        RecordingEvent: {
            /** Camera Id */
            camera_id: string;
            /** Gap */
            gap: components["schemas"]["GapOpened"] | components["schemas"]["GapClosed"];
            /**
             * Type
             * @enum {string}
             */
            type: "gap-opened" | "gap-closed";
        };
        /**
         * RecordingPlan
         * @description Whether and how long a camera's footage is kept.
         */
        RecordingPlan: {
            /**
             * Disk Share Percent
             * @description Most of the archive's disk that its footage may take; null = no limit of its own
             */
            disk_share_percent?: number | null;
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            /**
             * Keep Days
             * @description Retention; 90 days is the legal ceiling (art. 9a)
             * @default 30
             */
            keep_days: number;
            /**
             * Priority
             * @description Whose recording gives way first when the archive's disk is full
             * @default normal
             * @enum {string}
             */
            priority: "low" | "normal" | "high";
            /**
             * Record Audio
             * @description Sound is recorded too. Off unless a legal basis for recording speech has been established
             * @default false
             */
            record_audio: boolean;
            /**
             * Stream
             * @default main
             * @enum {string}
             */
            stream: "main" | "sub";
        };
        /**
         * ReportAnswered
         * @description The town answered or moved the report on.
         */
        ReportAnswered: {
            /**
             * Answer
             * @default
             */
            answer: string;
            /**
             * At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            at: string;
            /**
             * Report Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            report_id: string;
            /**
             * Resident Id
             * @default null
             */
            resident_id: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "received" | "in_progress" | "planned";
        };
        /**
         * ReportClosed
         * @description The report is over, with its outcome.
         */
        ReportClosed: {
            /**
             * Answer
             * @default
             */
            answer: string;
            /**
             * At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            at: string;
            /**
             * Outcome
             * @enum {string}
             */
            outcome: "fixed" | "not_ours" | "duplicate" | "rejected";
            /**
             * Report Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            report_id: string;
            /**
             * Resident Id
             * @default null
             */
            resident_id: string | null;
        };
        /**
         * ReportEvent
         * @description Event `report`. A resident's report was made, routed, answered or closed; `report` is the fact as it was published.
         */
        ReportEvent: {
            /** Report */
            report: components["schemas"]["ReportSubmitted"] | components["schemas"]["ReportRouted"] | components["schemas"]["ReportAnswered"] | components["schemas"]["ReportClosed"];
            /** Report Id */
            report_id: string;
            /**
             * Type
             * @enum {string}
             */
            type: "submitted" | "routed" | "answered" | "closed";
        };
        /**
         * ReportRouted
         * @description A unit of the town was made responsible for a report.
         */
        ReportRouted: {
            /**
             * At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            at: string;
            /**
             * Report Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            report_id: string;
            /** Unit */
            unit: string;
        };
        /**
         * ReportSubmitted
         * @description A resident's report has been accepted. Its text and photos stay with citizen-api.
         */
        ReportSubmitted: {
            /**
             * Address
             * @default
             */
            address: string;
            /** Category */
            category: string;
            /**
             * Photos
             * @default 0
             */
            photos: number;
            place: components["schemas"]["Point"];
            /**
             * Reference
             * @description What people say on the phone, e.g. Z-2026-00042
             */
            reference: string;
            /**
             * Report Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            report_id: string;
            /**
             * Submitted At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            submitted_at: string;
            /**
             * Urgent
             * @default false
             */
            urgent: boolean;
        };
        /**
         * Role
         * @description What a member of staff is there for.
         * @enum {string}
         */
        Role: "operator" | "dispatcher" | "editor" | "clerk" | "dpo" | "admin";
        /**
         * SessionView
         * @description Who is signed in.
         */
        SessionView: {
            /** Account Id */
            account_id: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /** Login */
            login: string;
            /** Name */
            name: string;
            role: components["schemas"]["Role"];
        };
        /**
         * ShownCondition
         * @description A camera's condition as the console shows it.
         * @enum {string}
         */
        ShownCondition: "connecting" | "live" | "retrying" | "off" | "unknown";
        /**
         * SignIn
         * @description Proof of being a member of staff.
         */
        SignIn: {
            /**
             * Code
             * @description One-time code of the authenticator app (TOTP), 6 digits
             */
            code: string;
            /** Login */
            login: string;
            /** Password */
            password: string;
        };
        /**
         * StreamFaulted
         * @description A stream ended or failed.
         */
        StreamFaulted: {
            /**
             * At
             * Format: date-time
             * @description UTC instant, RFC 3339
             */
            at: string;
            /**
             * Camera Id
             * @description Stable camera id, safe in paths
             */
            camera_id: string;
            cause: components["schemas"]["FaultCause"];
            /**
             * Detail
             * @default
             */
            detail: string;
            /**
             * Event Id
             * @description Opaque id (UUIDv7 where we make it)
             */
            event_id: string;
            /**
             * Stream
             * @enum {string}
             */
            stream: "main" | "sub";
        };
        /**
         * StreamHealth
         * @description Figures of one stream over the last window, taken from the compressed stream.
         */
        StreamHealth: {
            /** Bitrate Bps */
            bitrate_bps: number;
            /**
             * Clock Offset S
             * @description Camera clock minus server clock, from RTCP sender reports
             */
            clock_offset_s?: number | null;
            /**
             * Codec
             * @description RFC 6381 codec string, e.g. avc1.64001f
             */
            codec: string;
            /**
             * Drift Ppm
             * @description How much faster (+) the camera's media clock runs
             */
            drift_ppm?: number | null;
            /** Fps */
            fps: number;
            /**
             * Gop S
             * @description Length of the last group of pictures
             */
            gop_s: number;
            /** Height */
            height: number;
            /**
             * Jitter S
             * @description How late the latest pictures come (95th percentile)
             */
            jitter_s?: number | null;
            /**
             * Loss
             * @description Share of RTP packets that did not come
             */
            loss?: number | null;
            /**
             * Name
             * @enum {string}
             */
            name: "main" | "sub";
            /**
             * Usual Fps
             * @description What this stream usually gives, learned
             */
            usual_fps?: number | null;
            /** Width */
            width: number;
        };
        /**
         * StreamSource
         * @description Where one stream of a camera is pulled from. The URL never carries credentials.
         */
        StreamSource: {
            /**
             * Name
             * @enum {string}
             */
            name: "main" | "sub";
            /**
             * Url
             * @description e.g. rtsp://10.0.0.7:554/main
             */
            url: string;
        };
        /** ValidationError */
        ValidationError: {
            /** Context */
            ctx?: Record<string, never>;
            /** Input */
            input?: unknown;
            /** Location */
            loc: (string | number)[];
            /** Message */
            msg: string;
            /** Error Type */
            type: string;
        };
        /**
         * ViewCone
         * @description What a camera sees on the map.
         */
        ViewCone: {
            /** Angle Deg */
            angle_deg: number;
            /**
             * Azimuth Deg
             * @description Direction of view, clockwise from north
             */
            azimuth_deg: number;
            /** Range M */
            range_m: number;
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
    get_archive_bookmarks_bookmark_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                bookmark_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    put_archive_bookmarks_bookmark_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                bookmark_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    delete_archive_bookmarks_bookmark_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                bookmark_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_cameras_camera_id_bookmarks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_cameras_camera_id_bookmarks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_cameras_camera_id_completeness: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_cameras_camera_id_coverage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_cameras_camera_id_events: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_cameras_camera_id_keyframes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_cameras_camera_id_motion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_cameras_camera_id_playlist_m3u8: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_cameras_camera_id_snapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_cameras_camera_id_thumbnail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_cameras_camera_id_timeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_exports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_exports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_exports_export_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_exports_export_id_cancellation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_exports_export_id_decision: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_exports_export_id_package: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                export_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_holds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_holds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_holds_hold_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                hold_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_holds_hold_id_extension: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                hold_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_holds_hold_id_release: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                hold_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_holds_hold_id_release_request: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                hold_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_privacy_deletions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_privacy_deletions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_privacy_deletions_deletion_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deletion_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_privacy_deletions_deletion_id_approval: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deletion_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_archive_privacy_deletions_deletion_id_withdrawal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deletion_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_segments_segment_id_keyframe: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                segment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_segments_segment_id_media: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                segment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_archive_storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As recorder answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description recorder does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    search_audit: {
        parameters: {
            query?: {
                /** @description footage.live, or footage. for all of footage */
                action?: string | null;
                actor_id?: string | null;
                camera_id?: string | null;
                cursor?: string | null;
                from?: string | null;
                limit?: number;
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    list_cameras: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CameraList"];
                };
            };
        };
    };
    add_camera: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCamera"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Camera"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    show_camera: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Camera"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    change_camera: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangedCamera"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Camera"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    remove_camera: {
        parameters: {
            query?: {
                version?: number | null;
            };
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    set_credentials: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CameraCredentials"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    clear_credentials: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    list_events: {
        parameters: {
            query?: {
                /** @description Only what was noticed earlier */
                before?: string | null;
                /** @description Only these; all without it */
                kind?: ("tampered" | "motion" | "stream-faulted" | "clock-set" | "probed")[] | null;
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CameraEventPage"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    start_probe: {
        parameters: {
            query?: {
                stream?: "main" | "sub";
            };
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Probe"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    show_probe: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
                probe_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Probe"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    show_thumbnail: {
        parameters: {
            query?: {
                /** @description Why; asked for by restricted cameras */
                reason?: string;
            };
            header?: {
                "if-none-match"?: string;
            };
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description JPEG, 320 pixels wide; `X-Taken-At` tells from when it is, `Age` how old that is in seconds */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": unknown;
                };
            };
            /** @description Still the picture of If-None-Match */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description no-thumbnail, camera-not-held */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
            /** @description reason-required */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    list_versions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CameraVersions"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    listen: {
        parameters: {
            query?: never;
            header?: {
                "last-event-id"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    show_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_town_addresses: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_town_announcements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_town_announcements: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_town_announcements_announcement_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    put_town_announcements_announcement_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_town_announcements_announcement_id_cancellation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_town_announcements_announcement_id_progress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_town_announcements_preview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_town_reports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_town_reports_report_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    post_town_reports_report_id_answers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_town_reports_report_id_photos_photo_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                photo_id: string;
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    put_town_reports_report_id_unit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_town_streets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    get_town_town: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As citizen-api answers; see its own OpenAPI document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description citizen-api does not answer */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    watch: {
        parameters: {
            query?: {
                /** @description Why; asked for by restricted cameras */
                reason?: string;
                stream?: "main" | "sub";
            };
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/sdp": string;
            };
        };
        responses: {
            /** @description The SDP answer; Location ends or patches the view */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/sdp": string;
                };
            };
            /** @description offer-invalid, no-h264, reason-required */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
            /** @description viewers-full */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": unknown;
                };
            };
        };
    };
    stop_watching: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
                viewer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    trickle: {
        parameters: {
            query?: never;
            header?: {
                "if-match"?: string | null;
            };
            path: {
                /** @description Stable camera id, safe in paths */
                camera_id: string;
                viewer_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/trickle-ice-sdpfrag": string;
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Validation Error */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HTTPValidationError"];
                };
            };
        };
    };
    town_map: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
